# SPDX-License-Identifier: Apache-2.0
"""Throw-away certificates, made with the openssl command in a temporary directory."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, both PEM files."""

    cert: Path
    key: Path


def _openssl(*args: str, stdin: str | None = None) -> None:
    done = subprocess.run(["openssl", *args], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args[0]}: {done.stderr.strip()}")


class Authority:
    """A certificate authority that issues leaf certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.cert = folder / f"{name}.crt"
        self._key = folder / f"{name}.key"
        self._count = 0
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "3", "-subj", f"/CN={name}", "-keyout", str(self._key), "-out", str(self.cert),
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")

    def pem(self) -> str:
        return self.cert.read_text()

    def issue(self, common_name: str, organizations: tuple[str, ...] = (), usage: str = "clientAuth",
              names: str = "", expired: bool = False) -> Identity:
        """Issue a leaf. `usage` is the extended key usage, `names` a subjectAltName such as DNS:a,IP:127.0.0.1."""
        self._count += 1
        stem = self._folder / f"{self._name}-{self._count}"
        out = Identity(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        subject = "".join(f"/O={o}" for o in organizations) + f"/CN={common_name}"
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", subject, "-keyout", str(out.key), "-out", str(request))
        lines = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment",
                 f"extendedKeyUsage={usage}"]
        if names:
            lines.append(f"subjectAltName={names}")
        extensions.write_text("\n".join(lines) + "\n")
        if expired:
            self._issue_expired(request, extensions, out.cert)
        else:
            _openssl("x509", "-req", "-in", str(request), "-CA", str(self.cert), "-CAkey", str(self._key),
                     "-CAcreateserial", "-days", "3", "-extfile", str(extensions), "-out", str(out.cert))
        return out

    def _issue_expired(self, request: Path, extensions: Path, cert: Path) -> None:
        """`openssl x509` cannot date a certificate back; `openssl ca` can, but wants a small database."""
        folder = self._folder / f"{self._name}-expired"
        folder.mkdir(exist_ok=True)
        (folder / "index.txt").touch()
        (folder / "serial").write_text("7f01\n")
        config = folder / "ca.cnf"
        config.write_text(
            "[ca]\ndefault_ca=d\n[d]\n"
            f"database={folder}/index.txt\nserial={folder}/serial\nnew_certs_dir={folder}\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\norganizationName=optional\ncommonName=supplied\n")
        _openssl("ca", "-batch", "-notext", "-config", str(config), "-cert", str(self.cert),
                 "-keyfile", str(self._key), "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
                 "-extfile", str(extensions), "-in", str(request), "-out", str(cert))


class Pki:
    """Every certificate that the suites need."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.proxy_ca = Authority(folder, "kit-front-proxy-ca")
        self.client_ca = Authority(folder, "kit-client-ca")
        self.rogue_ca = Authority(folder, "kit-rogue-ca")
        self.serving_ca = Authority(folder, "kit-serving-ca")
        self.serving = self.serving_ca.issue("kit-fake", usage="serverAuth",
                                             names="DNS:localhost,IP:127.0.0.1")
        self.identities: dict[str, Identity] = {
            "admin": self.client_ca.issue("kit-admin", ("system:masters",)),
            "client": self.client_ca.issue("cert-user", ("kit:first", "kit:second")),
            "expired": self.client_ca.issue("late-user", ("system:masters",), expired=True),
            "server-usage": self.client_ca.issue("odd-user", ("system:masters",), usage="serverAuth"),
            "proxy": self.proxy_ca.issue("front-proxy-client"),
            "proxy-other-name": self.proxy_ca.issue("some-other-proxy"),
            "proxy-server-usage": self.proxy_ca.issue("front-proxy-client", usage="serverAuth"),
            "rogue": self.rogue_ca.issue("front-proxy-client", ("system:masters",)),
        }
