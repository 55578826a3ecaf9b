/// Queries, and how they are printed.
enum SyntaxSamples {
    static let printed: [(query: String, printed: String)] = selectors + metrics + operations

    private static let selectors: [(query: String, printed: String)] = [
        (#"{app="shop"}"#, #"{app="shop"}"#),
        ("{ app = `shop` , env!=\"a\\\"b\" }", #"{app="shop", env!="a\"b"}"#),
        (#"{app=~"a|b",env!~"c.*"}"#, #"{app=~"a|b", env!~"c.*"}"#),
        ("{app=\"a\"} # what follows is a comment\n |= \"x\"", #"{app="a"} |= "x""#),
        (#"{app="a"} // so is this"#, #"{app="a"}"#),
        (#"{app="a"}|="x"!="y"|~"z+"!~`w\d`|>"<_> a"!>"b <_>""#, #"{app="a"} |= "x" != "y" |~ "z+" !~ "w\\d" |> "<_> a" !> "b <_>""#),
        (#"{app="a"} |= "x" or "y" or ip("10.0.0.0/8")"#, #"{app="a"} |= "x" or "y" or ip("10.0.0.0/8")"#),
        (#"{app="a"} != "x" or "y""#, #"{app="a"} != "x" != "y""#),
        (#"{app="a"} | json"#, #"{app="a"} | json"#),
        (#"{app="a"} | json first, second="a.b[0]""#, #"{app="a"} | json first="first",second="a.b[0]""#),
        (#"{app="a"} | logfmt --strict --keep-empty x="y", z"#, #"{app="a"} | logfmt --strict --keep-empty x="y",z="z""#),
        (
            #"{app="a"} | regexp "(?P<m>\\w+)" | pattern "<ip> <_>" | unpack"#,
            #"{app="a"} | regexp "(?P<m>\\w+)" | pattern "<ip> <_>" | unpack"#
        ),
        (
            #"{app="a"} | line_format "{{.x}}" | label_format a=b, c="{{.d}}" | decolorize"#,
            #"{app="a"} | line_format "{{.x}}" | label_format a=b,c="{{.d}}" | decolorize"#
        ),
        (#"{app="a"} | drop x, y="z", w=~"v" | keep u"#, #"{app="a"} | drop x,y="z",w=~"v" | keep u"#),
        (#"{app="a"} | status >= 500"#, #"{app="a"} | status>=500"#),
        (#"{app="a"} | status = -5 or took > 1.5s and size <= 5KB"#, #"{app="a"} | ( status==-5 or ( took>1.5s , size<=5kB ) )"#),
        (#"{app="a"} | a="1" or b="2", c="3""#, #"{app="a"} | ( a="1" or ( b="2" , c="3" ) )"#),
        (#"{app="a"} | a="1" , b="2" or c="3""#, #"{app="a"} | ( a="1" , ( b="2" or c="3" ) )"#),
        (#"{app="a"} | a="1" b="2" and c!="3" or d=~"4""#, #"{app="a"} | ( a="1" , ( ( b="2" , c!="3" ) or d=~"4" ) )"#),
        (#"{app="a"} | (a="1" or b="2") and c==3"#, #"{app="a"} | ( ( a="1" or b="2" ) , c==3 )"#),
        (#"{app="a"} | addr=ip("::1") | b != ip("10.0.0.1-10.0.0.9")"#, #"{app="a"} | addr=ip("::1") | b!=ip("10.0.0.1-10.0.0.9")"#),
        (
            #"{app="a"} | rate="1" | sum="2" | ip="3" | bytes > 1MB | duration > 1h"#,
            #"{app="a"} | rate="1" | sum="2" | ip="3" | bytes>1MB | duration>1h0m0s"#
        ),
    ]

    private static let metrics: [(query: String, printed: String)] = [
        (#"rate({app="a"}[5m])"#, #"rate({app="a"}[5m])"#),
        (#"RATE ( {app="a"} [1h30m] OFFSET 1d )"#, #"rate({app="a"}[1h30m] offset 1d)"#),
        (#"count_over_time({app="a"} |= "x" | json [5m] offset -5m)"#, #"count_over_time({app="a"} |= "x" | json[5m] offset -5m0s)"#),
        (#"count_over_time({app="a"}[5m] |= "x" | json)"#, #"count_over_time({app="a"} |= "x" | json[5m])"#),
        (#"count_over_time(({app="a"} |= "x")[5m])"#, #"count_over_time({app="a"} |= "x"[5m])"#),
        (#"count_over_time((({app="a"}[5m])))"#, #"count_over_time({app="a"}[5m])"#),
        (
            #"sum_over_time({app="a"} | json | unwrap x | __error__="" [5m])"#,
            #"sum_over_time({app="a"} | json | unwrap x | __error__=""[5m])"#
        ),
        (#"sum_over_time({app="a"}[5m] offset 1m | unwrap bytes(x))"#, #"sum_over_time({app="a"} | unwrap bytes(x)[5m] offset 1m)"#),
        (
            #"quantile_over_time(0.99, {app="a"} | unwrap duration(took) [1m]) by (host, app)"#,
            #"quantile_over_time(0.99,{app="a"} | unwrap duration(took)[1m]) by (host,app)"#
        ),
        (
            #"max_over_time({app="a"} | unwrap duration_seconds(x) [1m]) without (y)"#,
            #"max_over_time({app="a"} | unwrap duration_seconds(x)[1m]) without (y)"#
        ),
        (#"sum by (app) (rate({app="a"}[1m]))"#, #"sum by (app)(rate({app="a"}[1m]))"#),
        (#"sum(rate({app="a"}[1m])) without (b, c)"#, #"sum without (b,c)(rate({app="a"}[1m]))"#),
        (#"topk(3, sum by (x) (rate({app="a"}[1m])))"#, #"topk(3,sum by (x)(rate({app="a"}[1m])))"#),
        (#"approx_topk(3, rate({app="a"}[1m]))"#, #"approx_topk(3,rate({app="a"}[1m]))"#),
        (#"sort_desc(avg(rate({app="a"}[1m])))"#, #"sort_desc(avg(rate({app="a"}[1m])))"#),
        (#"absent_over_time({a="b"}[1m])"#, #"absent_over_time({a="b"}[1m])"#),
        (#"sum by (a) (count_over_time({b="ü", ünï="\u00e9"}[1m]))"#, #"sum by (a)(count_over_time({b="ü", ünï="é"}[1m]))"#),
    ]

    private static let operations: [(query: String, printed: String)] = [
        ("-0.", "-0.0"), (#"{a="b"} | c > -0."#, #"{a="b"} | c>-0.0"#),
        ("1 + 2 * 3 ^ 2 - 4 / 2 % 3", "17"), ("2 ^ 3 ^ 2", "512"), ("-2 ^ 2", "4"), ("1 / 0", "(0 / 0)"), ("1 > bool 2", "0"),
        ("vector(1.5)", "vector(1.500000)"), ("0x1p3", "8"), ("1e3", "1000"), (".5", "0.5"),
        (#"vector(1) + vector(2) * 3 - 4"#, "((vector(1.000000) + (vector(2.000000) * 3)) - 4)"),
        (#"rate({a="b"}[1m]) > bool 2 or vector(0)"#, #"((rate({a="b"}[1m]) > bool 2) or vector(0.000000))"#),
        (
            #"rate({a="b"}[1m]) / on (x, y) group_left (z) rate({a="c"}[1m])"#,
            #"(rate({a="b"}[1m]) / on (x,y) group_left (z) rate({a="c"}[1m]))"#
        ),
        (
            #"rate({a="b"}[1m]) and ignoring (x) rate({a="c"}[1m]) unless on () vector(1)"#,
            #"((rate({a="b"}[1m]) and ignoring (x) rate({a="c"}[1m])) unless on () vector(1.000000))"#
        ),
        (#"rate({a="b"}[1m]) * on (x) group_right rate({a="c"}[1m])"#, #"(rate({a="b"}[1m]) * on (x) group_right () rate({a="c"}[1m]))"#),
        (
            #"label_replace(rate({a="b"}[1m]), "dst", "$1", "src", "(.*):.*")"#,
            #"label_replace(rate({a="b"}[1m]),"dst","$1","src","(.*):.*")"#
        ),
    ]
}
