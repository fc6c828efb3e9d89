/* SPDX-License-Identifier: Apache-2.0 */
/* template_errors.h - templates that cannot be parsed or run, and the message.
   Computed by running Go's text/template on the same fields. */
/* clang-format off */
	{AT_PARSE, "sum(<<.Series>)", "template: metrics-query:1: bad character U+003E '>'"},
	{AT_PARSE, "<<join .GroupBySlice \",\">>", "template: metrics-query:1: function \"join\" not defined"},
	{AT_PARSE, "a<< /* c */ >>b", "template: metrics-query:1: unexpected \"/\" in command"},
	{AT_PARSE, "a<</* c >>b", "template: metrics-query:1: unclosed comment"},
	{AT_PARSE, "a<</* c */ x>>b", "template: metrics-query:1: comment ends before closing delimiter"},
	{AT_PARSE, "a<</* unclosed", "template: metrics-query:1: unclosed comment"},
	{AT_RUN, "<<if nil>>a<<else>>b<<end>>",
	 "template: metrics-query:1:5: executing \"metrics-query\" at <nil>: nil is not a command"},
	{AT_PARSE, "<<if $x := .Series>><<end>><<$x>>", "template: metrics-query:1: undefined variable \"$x\""},
	{AT_RUN, "<<range .Series>>x<<end>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <.Series>: range can't iterate over m"},
	{AT_RUN, "<<range 1.5>>x<<end>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <1.5>: range can't iterate over 1.5"},
	{AT_RUN, "<<range true>>x<<end>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <true>: range can't iterate over true"},
	{AT_RUN, "<<$x := $x>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <$x>: undefined variable: $x"},
	{AT_PARSE, "<<$x>>", "template: metrics-query:1: undefined variable \"$x\""},
	{AT_RUN, "<<$x = 1>>",
	 "template: metrics-query:1:7: executing \"metrics-query\" at <1>: undefined variable: $x"},
	{AT_PARSE, "<<$x, $y := 1>>", "template: metrics-query:1: too many declarations in command"},
	{AT_PARSE, "<<range $x, 1 := .GroupBySlice>><<end>>",
	 "template: metrics-query:1: range can only initialize variables"},
	{AT_PARSE, "<<range $x, $y, $z := .GroupBySlice>><<end>>",
	 "template: metrics-query:1: too many declarations in range"},
	{AT_PARSE, "<<range $x, := .GroupBySlice>><<end>>",
	 "template: metrics-query:1: range can only initialize variables"},
	{AT_PARSE, "<<range $x,>><<end>>", "template: metrics-query:1: missing value for range"},
	{AT_RUN, "<<printf 3>>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <3>: expected string; found 3"},
	{AT_RUN, "<<printf .GroupBySlice>>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <.GroupBySlice>: wrong type for value;"
	 " expected string; got []string"},
	{AT_RUN, "<<printf .LabelValuesByName.zzz>>",
	 "template: metrics-query:1:27: executing \"metrics-query\" at <.LabelValuesByName.zzz>: invalid val"
	 "ue; expected string"},
	{AT_RUN, "<<printf nil>>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <nil>: cannot assign nil to string"},
	{AT_RUN, "<<printf>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <printf>: wrong number of args for pri"
	 "ntf: want at least 1 got 0"},
	{AT_RUN, "<<3 | printf>>",
	 "template: metrics-query:1:6: executing \"metrics-query\" at <printf>: wrong type for value; expect"
	 "ed string; got int"},
	{AT_RUN, "<<len 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len 3>: error calling len: len of typ"
	 "e int"},
	{AT_RUN, "<<len .>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len .>: error calling len: len of typ"
	 "e naming.queryTemplateArgs"},
	{AT_RUN, "<<len>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len>: wrong number of args for len: w"
	 "ant 1 got 0"},
	{AT_RUN, "<<len .Series .Series>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len>: wrong number of args for len: w"
	 "ant 1 got 2"},
	{AT_RUN, "<<index .GroupBySlice 2>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .GroupBySlice 2>: error calling"
	 " index: reflect: slice index out of range"},
	{AT_RUN, "<<index .GroupBySlice 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .GroupBySlice 3>: error calling"
	 " index: index out of range: 3"},
	{AT_RUN, "<<index .GroupBySlice -1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .GroupBySlice -1>: error callin"
	 "g index: index out of range: -1"},
	{AT_RUN, "<<index .GroupBySlice \"x\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .GroupBySlice \"x\">: error cal"
	 "ling index: cannot index slice/array with type string"},
	{AT_RUN, "<<index .GroupBySlice nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .GroupBySlice nil>: error calli"
	 "ng index: cannot index slice/array with nil"},
	{AT_RUN, "<<index>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index>: wrong number of args for inde"
	 "x: want at least 1 got 0"},
	{AT_RUN, "<<index 3 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index 3 1>: error calling index: can'"
	 "t index item of type int"},
	{AT_RUN, "<<index nil 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index nil 1>: error calling index: in"
	 "dex of untyped nil"},
	{AT_RUN, "<<index .LabelValuesByName 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .LabelValuesByName 3>: error ca"
	 "lling index: value has type int; should be string"},
	{AT_RUN, "<<index .LabelValuesByName nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .LabelValuesByName nil>: error "
	 "calling index: value is nil; should be of type string"},
	{AT_RUN, "<<index . \"Series\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index . \"Series\">: error calling in"
	 "dex: can't index item of type naming.queryTemplateArgs"},
	{AT_RUN, "<<slice \"abc\" 2 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice \"abc\" 2 1>: error calling sli"
	 "ce: invalid slice index: 2 > 1"},
	{AT_RUN, "<<slice \"abc\" 4>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice \"abc\" 4>: error calling slice"
	 ": index out of range: 4"},
	{AT_RUN, "<<slice \"abc\" 1 2 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice \"abc\" 1 2 3>: error calling s"
	 "lice: cannot 3-index slice a string"},
	{AT_RUN, "<<slice .GroupBySlice 0 1 2 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice .GroupBySlice 0 1 2 3>: error c"
	 "alling slice: too many slice indexes: 4"},
	{AT_RUN, "<<slice .LabelValuesByName>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice .LabelValuesByName>: error call"
	 "ing slice: can't slice item of type map[string]string"},
	{AT_RUN, "<<slice nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice nil>: error calling slice: slic"
	 "e of untyped nil"},
	{AT_RUN, "<<slice 3 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <slice 3 1>: error calling slice: can'"
	 "t slice item of type int"},
	{AT_RUN, "<<eq 1 \"a\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq 1 \"a\">: error calling eq: incomp"
	 "atible types for comparison: int and string"},
	{AT_RUN, "<<eq 1 1.0>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq 1 1.0>: error calling eq: incompat"
	 "ible types for comparison: int and float64"},
	{AT_RUN, "<<eq 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq 1>: error calling eq: missing argu"
	 "ment for comparison"},
	{AT_RUN, "<<eq>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq>: wrong number of args for eq: wan"
	 "t at least 1 got 0"},
	{AT_RUN, "<<ne 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <ne>: wrong number of args for ne: wan"
	 "t 2 got 1"},
	{AT_RUN, "<<ne 1 2 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <ne>: wrong number of args for ne: wan"
	 "t 2 got 3"},
	{AT_RUN, "<<lt 1 \"a\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <lt 1 \"a\">: error calling lt: incomp"
	 "atible types for comparison: int and string"},
	{AT_RUN, "<<lt true false>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <lt true false>: error calling lt: inv"
	 "alid type for comparison"},
	{AT_RUN, "<<lt nil 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <lt nil 1>: error calling lt: invalid "
	 "type for comparison"},
	{AT_RUN, "<<lt .GroupBySlice 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <lt .GroupBySlice 1>: error calling lt"
	 ": invalid type for comparison"},
	{AT_RUN, "<<and>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <and>: wrong number of args for and: w"
	 "ant at least 1 got 0"},
	{AT_RUN, "<<not>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <not>: wrong number of args for not: w"
	 "ant 1 got 0"},
	{AT_RUN, "<<not 1 2>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <not>: wrong number of args for not: w"
	 "ant 1 got 2"},
	{AT_RUN, "<<or false (index .GroupBySlice 9)>>",
	 "template: metrics-query:1:12: executing \"metrics-query\" at <index .GroupBySlice 9>: error callin"
	 "g index: index out of range: 9"},
	{AT_RUN, "<<call .Series>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <call .Series>: error calling call: no"
	 "n-function .Series of type string"},
	{AT_RUN, "<<call .Series 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <call .Series 1>: error calling call: "
	 "non-function .Series of type string"},
	{AT_RUN, "<<call nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <call nil>: error calling call: call o"
	 "f nil"},
	{AT_RUN, "<<call>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <call>: wrong number of args for call:"
	 " want at least 1 got 0"},
	{AT_RUN, "<<call 3>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <call 3>: error calling call: non-func"
	 "tion 3 of type int"},
	{AT_RUN, "<<.Series | call>>",
	 "template: metrics-query:1:12: executing \"metrics-query\" at <call>: error calling call: non-funct"
	 "ion m of type string"},
	{AT_RUN, "<<template \"nope\">>",
	 "template: metrics-query:1:11: executing \"metrics-query\" at <{{template \"nope\"}}>: template \"n"
	 "ope\" not defined"},
	{AT_RUN, "<<template \"nope\" .Series>>",
	 "template: metrics-query:1:11: executing \"metrics-query\" at <{{template \"nope\" .Series}}>: temp"
	 "late \"nope\" not defined"},
	{AT_RUN, "<<define \"a\">><<.Foo>><<end>><<template \"a\" .>>",
	 "template: metrics-query:1:16: executing \"a\" at <.Foo>: can't evaluate field Foo in type naming.q"
	 "ueryTemplateArgs"},
	{AT_PARSE, "<<define \"a\">>1<<end>><<define \"a\">>2<<end>>",
	 "template: metrics-query:1: template: multiple definition of template \"a\""},
	{AT_PARSE, "<<define a>>2<<end>>", "template: metrics-query:1: unexpected \"a\" in define clause"},
	{AT_PARSE, "<<define \"a\" 3>>2<<end>>",
	 "template: metrics-query:1: unexpected \"3\" in define clause"},
	{AT_PARSE, "<<define \"a\">>2<<else>>",
	 "template: metrics-query:1: unexpected {{else}} in define clause"},
	{AT_PARSE, "<<define \"a\">>2", "template: metrics-query:1: unexpected EOF"},
	{AT_PARSE, "<<define \"metrics-query\">>hello<<end>>x",
	 "template: metrics-query:1: template: multiple definition of template \"metrics-query\""},
	{AT_PARSE, "<<if true>><<define \"a\">><<end>><<end>>",
	 "template: metrics-query:1: unexpected <define> in command"},
	{AT_PARSE, "<<block \"b\">>(<<.>>)<<end>>",
	 "template: metrics-query:1: missing value for block clause"},
	{AT_PARSE, "<<$x := 1>><<block \"b\" .>><<$x>><<end>>",
	 "template: metrics-query:1: undefined variable \"$x\""},
	{AT_PARSE, "<<range .GroupBySlice>><<block \"b\" .>><<break>><<end>><<end>>",
	 "template: metrics-query:1: {{break}} outside {{range}}"},
	{AT_PARSE, "<<template 3>>", "template: metrics-query:1: unexpected \"3\" in template clause"},
	{AT_PARSE, "<<template>>", "template: metrics-query:1: unexpected \">>\" in template clause"},
	{AT_RUN, "<<nil>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <nil>: nil is not a command"},
	{AT_RUN, "<<nil 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <nil>: can't give argument to non-func"
	 "tion nil"},
	{AT_RUN, "<<1 2>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <1>: can't give argument to non-functi"
	 "on 1"},
	{AT_RUN, "<<\"a\" 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <\"a\">: can't give argument to non-fu"
	 "nction \"a\""},
	{AT_RUN, "<<true 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <true>: can't give argument to non-fun"
	 "ction true"},
	{AT_RUN, "<<. 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <.>: can't give argument to non-functi"
	 "on ."},
	{AT_RUN, "<<(print 1) 2>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <(print 1) 2>: can't give argument to "
	 "non-function print 1"},
	{AT_PARSE, "<<1 | 2>>", "template: metrics-query:1: non executable command in pipeline stage 2"},
	{AT_PARSE, "<<1 | nil>>", "template: metrics-query:1: non executable command in pipeline stage 2"},
	{AT_PARSE, "<<1 | .>>", "template: metrics-query:1: non executable command in pipeline stage 2"},
	{AT_RUN, "<<1 | .Series>>",
	 "template: metrics-query:1:6: executing \"metrics-query\" at <.Series>: Series has arguments but ca"
	 "nnot be invoked as function"},
	{AT_RUN, "<<1 | $>>",
	 "template: metrics-query:1:6: executing \"metrics-query\" at <$>: can't give argument to non-functi"
	 "on $"},
	{AT_RUN, "<<1 | (print 2)>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <1>: can't give argument to non-functi"
	 "on print 2"},
	{AT_RUN, "<<1 | len>>",
	 "template: metrics-query:1:6: executing \"metrics-query\" at <len>: error calling len: len of type "
	 "int"},
	{AT_RUN, "<<.Series 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <.Series>: Series has arguments but ca"
	 "nnot be invoked as function"},
	{AT_RUN, "<<.LabelValuesByName.pod 1>>",
	 "template: metrics-query:1:20: executing \"metrics-query\" at <.LabelValuesByName.pod>: pod is not "
	 "a method but has arguments"},
	{AT_RUN, "<<$.Series 1>>",
	 "template: metrics-query:1:3: executing \"metrics-query\" at <$.Series>: Series has arguments but c"
	 "annot be invoked as function"},
	{AT_RUN, "<<$x := 1>><<$x 1>>",
	 "template: metrics-query:1:13: executing \"metrics-query\" at <$x>: can't give argument to non-func"
	 "tion $x"},
	{AT_RUN, "<<.Foo>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<.Series.Foo>>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <.Series.Foo>: can't evaluate field Fo"
	 "o in type string"},
	{AT_RUN, "<<.GroupBySlice.Foo>>",
	 "template: metrics-query:1:15: executing \"metrics-query\" at <.GroupBySlice.Foo>: can't evaluate f"
	 "ield Foo in type []string"},
	{AT_RUN, "<<.series>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <.series>: can't evaluate field series"
	 " in type naming.queryTemplateArgs"},
	{AT_RUN, "<<$.Foo>>",
	 "template: metrics-query:1:3: executing \"metrics-query\" at <$.Foo>: can't evaluate field Foo in t"
	 "ype naming.queryTemplateArgs"},
	{AT_RUN, "<<(index .GroupBySlice 0).Foo>>",
	 "template: metrics-query:1:23: executing \"metrics-query\" at <0>: can't evaluate field Foo in type"
	 " string"},
	{AT_RUN, "<<(print .Series).Foo.Bar>>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <.Series>: can't evaluate field Foo in"
	 " type string"},
	{AT_RUN, "<<print .Foo>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<len.Foo>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <len>: wrong number of args for len: w"
	 "ant 1 got 0"},
	{AT_PARSE, "<<\"a\".Foo>>", "template: metrics-query:1: unexpected . after term \"\\\"a\\\"\""},
	{AT_PARSE, "<<1.Foo>>", "template: metrics-query:1: bad number syntax: \"1.F\""},
	{AT_PARSE, "<<true.Foo>>", "template: metrics-query:1: unexpected . after term \"true\""},
	{AT_PARSE, "<<nil.Foo>>", "template: metrics-query:1: unexpected . after term \"nil\""},
	{AT_PARSE, "<<.>><<..>>", "template: metrics-query:1: unexpected <.> in operand"},
	{AT_PARSE, "<<.Series.>>", "template: metrics-query:1: unexpected <.> in operand"},
	{AT_PARSE, "<<1000000000000000000000>>",
	 "template: metrics-query:1: integer overflow: \"1000000000000000000000\""},
	{AT_RUN, "<<9223372036854775808>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <9223372036854775808>: 922337203685477"
	 "5808 overflows int"},
	{AT_RUN, "<<18446744073709551615>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <18446744073709551615>: 18446744073709"
	 "551615 overflows int"},
	{AT_PARSE, "<<-9223372036854775809>>",
	 "template: metrics-query:1: integer overflow: \"-9223372036854775809\""},
	{AT_PARSE, "<<089>>", "template: metrics-query:1: integer overflow: \"089\""},
	{AT_PARSE, "<<1__0>>", "template: metrics-query:1: illegal number syntax: \"1__0\""},
	{AT_PARSE, "<<0x>>", "template: metrics-query:1: illegal number syntax: \"0x\""},
	{AT_PARSE, "<<1e>>", "template: metrics-query:1: illegal number syntax: \"1e\""},
	{AT_PARSE, "<<1e400>>", "template: metrics-query:1: illegal number syntax: \"1e400\""},
	{AT_PARSE, "<<1x>>", "template: metrics-query:1: bad number syntax: \"1x\""},
	{AT_PARSE, "<<->>", "template: metrics-query:1: illegal number syntax: \"-\""},
	{AT_PARSE, "<<+>>", "template: metrics-query:1: illegal number syntax: \"+\""},
	{AT_PARSE, "<<'ab'>>", "template: metrics-query:1: malformed character constant: 'ab'"},
	{AT_PARSE, "<<''>>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<'a>>", "template: metrics-query:1: unterminated character constant"},
	{AT_PARSE, "<<'\\q'>>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\q\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"abc>>", "template: metrics-query:1: unterminated quoted string"},
	{AT_PARSE, "<<`abc>>", "template: metrics-query:1: unterminated raw quoted string"},
	{AT_PARSE, "<<\"\\400\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\'\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<foo>>", "template: metrics-query:1: function \"foo\" not defined"},
	{AT_PARSE, "<<.Series>", "template: metrics-query:1: bad character U+003E '>'"},
	{AT_PARSE, "<<.Series", "template: metrics-query:1: unclosed action"},
	{AT_PARSE, "<<", "template: metrics-query:1: unclosed action"},
	{AT_PARSE, "<<>>", "template: metrics-query:1: missing value for command"},
	{AT_PARSE, "<< >>", "template: metrics-query:1: missing value for command"},
	{AT_PARSE, "<<if>>x<<end>>", "template: metrics-query:1: missing value for if"},
	{AT_PARSE, "<<if .Series>>x", "template: metrics-query:1: unexpected EOF"},
	{AT_PARSE, "<<if .Series", "template: metrics-query:1: unclosed action"},
	{AT_PARSE, "<<range>>x<<end>>", "template: metrics-query:1: missing value for range"},
	{AT_PARSE, "<<with>>x<<end>>", "template: metrics-query:1: missing value for with"},
	{AT_PARSE, "<<end>>", "template: metrics-query:1: unexpected {{end}}"},
	{AT_PARSE, "<<else>>", "template: metrics-query:1: unexpected {{else}}"},
	{AT_PARSE, "<<if 1>>a<<else>>b<<else>>c<<end>>",
	 "template: metrics-query:1: expected end; found {{else}}"},
	{AT_PARSE, "<<if 1>>a<<else 3>>b<<end>>", "template: metrics-query:1: unexpected \"3\" in else"},
	{AT_PARSE, "<<if 1>>a<<end 3>>", "template: metrics-query:1: unexpected \"3\" in end"},
	{AT_PARSE, "<<range .GroupBySlice>>a<<else if 1>>b<<end>>",
	 "template: metrics-query:1: unexpected <if> in input"},
	{AT_PARSE, "<<with .Series>>a<<else if 1>>b<<end>>",
	 "template: metrics-query:1: unexpected <if> in input"},
	{AT_PARSE, "<<break>>", "template: metrics-query:1: {{break}} outside {{range}}"},
	{AT_PARSE, "<<continue>>", "template: metrics-query:1: {{continue}} outside {{range}}"},
	{AT_PARSE, "<<break 1>>", "template: metrics-query:1: unexpected \"1\" in {{break}}"},
	{AT_PARSE, "<<range .GroupBySlice>><<break 1>><<end>>",
	 "template: metrics-query:1: unexpected \"1\" in {{break}}"},
	{AT_PARSE, "<<range .GroupBySlice>>a<<else>><<break>><<end>>",
	 "template: metrics-query:1: {{break}} outside {{range}}"},
	{AT_PARSE, "<<.Series }>>", "template: metrics-query:1: unexpected \"}\" in operand"},
	{AT_PARSE, "<<.Series}>>", "template: metrics-query:1: bad character U+007D '}'"},
	{AT_PARSE, "<<.Series , 3>>", "template: metrics-query:1: unexpected \",\" in operand"},
	{AT_PARSE, "<<.Series ; 3>>", "template: metrics-query:1: unexpected \";\" in operand"},
	{AT_PARSE, "<<.Series # x>>", "template: metrics-query:1: unexpected \"#\" in operand"},
	{AT_PARSE, "<<.Series + 1>>", "template: metrics-query:1: illegal number syntax: \"+\""},
	{AT_PARSE, "<<$>><<$.>>", "template: metrics-query:1: unexpected <.> in operand"},
	{AT_PARSE, "<<print (1>>", "template: metrics-query:1: unclosed left paren"},
	{AT_PARSE, "<<print 1)>>", "template: metrics-query:1: unexpected right paren"},
	{AT_PARSE, "<<()>>", "template: metrics-query:1: missing value for parenthesized pipeline"},
	{AT_PARSE, "<<(1>>", "template: metrics-query:1: unclosed left paren"},
	{AT_PARSE, "<<| print>>", "template: metrics-query:1: unexpected \"|\" in command"},
	{AT_PARSE, "<<print || 1>>", "template: metrics-query:1: unexpected \"|\" in command"},
	{AT_PARSE, "<<: 1>>", "template: metrics-query:1: expected :="},
	{AT_PARSE, "<<$x : 1>>", "template: metrics-query:1: undefined variable \"$x\""},
	{AT_PARSE, "<<$x := >>", "template: metrics-query:1: missing value for command"},
	{AT_RUN, "<<$x =1>><<$y:=2>><<$y>>",
	 "template: metrics-query:1:6: executing \"metrics-query\" at <1>: undefined variable: $x"},
	{AT_PARSE, "<<index .LabelValuesByName \342\200\234pod\342\200\235>>",
	 "template: metrics-query:1: unrecognized character in action: U+201C '\342\200\234'"},
	{AT_PARSE, "<<.Series\302\273>>", "template: metrics-query:1: bad character U+00BB '\302\273'"},
	{AT_PARSE, "<<print .Series(print)>>", "template: metrics-query:1: unexpected \"(\" in operand"},
	{AT_RUN, "<<.Series.Foo.Bar | printf \"%s\">>",
	 "template: metrics-query:1:9: executing \"metrics-query\" at <.Series.Foo.Bar>: can't evaluate fiel"
	 "d Foo in type string"},
	{AT_RUN, "<<template \"a\" (print 1 | print 2)>><<define \"a\">><<.Bad>><<end>>",
	 "template: metrics-query:1:52: executing \"a\" at <.Bad>: can't evaluate field Bad in type string"},
	{AT_RUN, "<<if eq .Series 1>>x<<end>>",
	 "template: metrics-query:1:5: executing \"metrics-query\" at <eq .Series 1>: error calling eq: inco"
	 "mpatible types for comparison: string and int"},
	{AT_RUN, "<<if .Foo>>x<<end>>",
	 "template: metrics-query:1:5: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<range $i, $e := .Foo>>x<<end>>",
	 "template: metrics-query:1:18: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in t"
	 "ype naming.queryTemplateArgs"},
	{AT_RUN, "<<with .Foo>>x<<end>>",
	 "template: metrics-query:1:7: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<$x := .Foo>>",
	 "template: metrics-query:1:8: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<printf \"%d\" (index .GroupBySlice 7)>>",
	 "template: metrics-query:1:15: executing \"metrics-query\" at <index .GroupBySlice 7>: error callin"
	 "g index: index out of range: 7"},
	{AT_RUN, "<<(.Foo).Bar>>",
	 "template: metrics-query:1:3: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<\"quoted\" | .Foo>>",
	 "template: metrics-query:1:13: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in t"
	 "ype naming.queryTemplateArgs"},
	{AT_RUN, "<<range .GroupBySlice>><<.Foo>><<end>>",
	 "template: metrics-query:1:25: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in t"
	 "ype string"},
	{AT_RUN, "<<len (index .LabelValuesByName 1 | print)>>",
	 "template: metrics-query:1:7: executing \"metrics-query\" at <index .LabelValuesByName 1>: error ca"
	 "lling index: value has type int; should be string"},
	{AT_RUN, "<<block \"x\" .Foo>><<end>>",
	 "template: metrics-query:1:12: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in t"
	 "ype naming.queryTemplateArgs"},
	{AT_RUN, "<<ge nil 1>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <ge nil 1>: error calling ge: invalid "
	 "type for comparison"},
	{AT_RUN, "<<index .Series \"x\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <index .Series \"x\">: error calling i"
	 "ndex: cannot index slice/array with type string"},
	{AT_PARSE, "<<break>>x", "template: metrics-query:1: {{break}} outside {{range}}"},
	{AT_PARSE, "<<if>>", "template: metrics-query:1: missing value for if"},
	{AT_PARSE, "<<if 1>>a<<end>><<end>>", "template: metrics-query:1: unexpected {{end}}"},
	{AT_PARSE, "<<\"a\" | \"b\">>",
	 "template: metrics-query:1: non executable command in pipeline stage 2"},
	{AT_RUN, "<<.A.B.C>>",
	 "template: metrics-query:1:4: executing \"metrics-query\" at <.A.B.C>: can't evaluate field A in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_PARSE, "<<else if 1>>", "template: metrics-query:1: unexpected {{else}}"},
	{AT_PARSE, "<<if 1 }>>", "template: metrics-query:1: unexpected \"}\" in operand"},
	{AT_PARSE, "<<range $i $v := .GroupBySlice>><<end>>",
	 "template: metrics-query:1: undefined variable \"$i\""},
	{AT_RUN, "<<range $i, $v = .GroupBySlice>><<end>>",
	 "template: metrics-query:1:17: executing \"metrics-query\" at <.GroupBySlice>: undefined variable: "
	 "$i"},
	{AT_RUN, "<<template \"a\" 1 2>><<define \"a\">><<end>>",
	 "template: metrics-query:1:15: executing \"metrics-query\" at <1>: can't give argument to non-funct"
	 "ion 1"},
	{AT_PARSE, "<<if 1>>a<<else if>>b<<end>>", "template: metrics-query:1: missing value for if"},
	{AT_PARSE, "<<if 0>>a<<else if 1>>b<<else if (>>c<<end>>",
	 "template: metrics-query:1: unclosed left paren"},
	{AT_RUN, "<<eq .GroupBySlice \"a\">>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <eq .GroupBySlice \"a\">: error callin"
	 "g eq: incompatible types for comparison: []string and string"},
	{AT_PARSE, "<<\"\\ud800\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\U00110000\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\x4\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\x\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<\"\\18\">>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<'\\ud800'>>", "template: metrics-query:1: invalid syntax"},
	{AT_PARSE, "<<1_>>", "template: metrics-query:1: illegal number syntax: \"1_\""},
	{AT_PARSE, "<<0_9>>", "template: metrics-query:1: integer overflow: \"0_9\""},
	{AT_PARSE, "<<.", "template: metrics-query:1: illegal number syntax: \".\""},
	{AT_PARSE, "<<..", "template: metrics-query:1: unexpected \".\" in operand"},
	{AT_PARSE, "<<1.5.Foo>>", "template: metrics-query:1: unexpected . after term \"1.5\""},
	{AT_PARSE, "<<\n\"abc",
	 "template: metrics-query:2: unterminated quoted string in action started at metrics-query:1"},
	{AT_PARSE, "<<\n\n(", "template: metrics-query:3: unclosed action started at metrics-query:1"},
	{AT_PARSE, "x\n<<print 1\n}", "template: metrics-query:3: unexpected \"}\" in operand"},
	{AT_RUN, "a\n<<.Foo>>",
	 "template: metrics-query:2:2: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "a\nb <<if .Series>>\n<<.X\n>>\n<<end>>",
	 "template: metrics-query:3:2: executing \"metrics-query\" at <.X>: can't evaluate field X in type n"
	 "aming.queryTemplateArgs"},
	{AT_PARSE, "<<if .Series>>\n\nx", "template: metrics-query:3: unexpected EOF"},
	{AT_PARSE, "a\n<<.Series\n}>>", "template: metrics-query:3: unexpected \"}\" in operand"},
	{AT_PARSE, "a\n<<print\n\n\"x>>",
	 "template: metrics-query:4: unterminated quoted string in action started at metrics-query:2"},
	{AT_PARSE, "a\n<</* x\ny", "template: metrics-query:2: unclosed comment"},
	{AT_PARSE, "a\n\n<<join>>", "template: metrics-query:3: function \"join\" not defined"},
	{AT_PARSE, "<<print \"a\nb\">>", "template: metrics-query:1: unterminated quoted string"},
	{AT_PARSE, "<<print 1\n\n 2 | nope>>", "template: metrics-query:3: function \"nope\" not defined"},
	{AT_PARSE, "<<\n\n.Series\n\n",
	 "template: metrics-query:5: unclosed action started at metrics-query:1"},
	{AT_PARSE, "<<print (\n1>>",
	 "template: metrics-query:2: unclosed left paren in action started at metrics-query:1"},
	{AT_PARSE, "<<.Series -\n>>", "template: metrics-query:1: illegal number syntax: \"-\""},
	{AT_RUN, "\303\251<<.Foo>>",
	 "template: metrics-query:1:4: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "a\n  \303\251 <<.Foo>>",
	 "template: metrics-query:2:7: executing \"metrics-query\" at <.Foo>: can't evaluate field Foo in ty"
	 "pe naming.queryTemplateArgs"},
	{AT_RUN, "<<.gr\303\266\303\237e>>",
	 "template: metrics-query:1:2: executing \"metrics-query\" at <.gr\303\266\303\237e>: can't evaluate"
	 " field gr\303\266\303\237e in type naming.queryTemplateArgs"},
	{AT_PARSE, "<<.Series \001>>", "template: metrics-query:1: unrecognized character in action: U+0001"},
	{AT_PARSE, "<<.Series\001>>", "template: metrics-query:1: bad character U+0001"},
	{AT_PARSE, "a<<\n/* x */>>b", "template: metrics-query:2: unexpected \"/\" in command"},
	{AT_RUN, "<<print .Series 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 (index .GroupBySlice 9)>>",
	 "template: metrics-query:1:57: executing \"metrics-query\" at <index .GroupBySlice 9>: error callin"
	 "g index: index out of range: 9"},
	{AT_PARSE, "<<averyveryverylongname>>",
	 "template: metrics-query:1: function \"averyveryverylongname\" not defined"},
	{AT_PARSE, "<<.Series \"averyveryverylongstring\" }>>",
	 "template: metrics-query:1: unexpected \"}\" in operand"},
	{AT_PARSE, "<<range $i, \"averyveryverylongstring\" := .>>",
	 "template: metrics-query:1: range can only initialize variables"},
	{AT_PARSE, "<<if 1 range>>", "template: metrics-query:1: unexpected <range> in operand"},
	{AT_PARSE, "<<template .averyveryverylongname>>",
	 "template: metrics-query:1: unexpected \".averyvery\"... in template clause"},
	{AT_PARSE, "\n\n<<if 1>>\n<<else>>\n<<.Foo | \n print>><<end>>\n<<define \"q\">>\n",
	 "template: metrics-query:8: unexpected EOF"},
	{AT_PARSE, "<<.Series-}>>", "template: metrics-query:1: bad character U+002D '-'"},
	{AT_PARSE, "<<.Series -}>>", "template: metrics-query:1: illegal number syntax: \"-\""},
	/* clang-format on */
