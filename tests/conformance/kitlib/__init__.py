# SPDX-License-Identifier: Apache-2.0
"""Building blocks of the conformance kit: fakes, launcher, client and the three suites."""
