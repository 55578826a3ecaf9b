/// What is refused, and with which words.
enum RefusedSamples {
    static let all: [(query: String, message: String)] = misspelled + misused

    private static let misspelled: [(query: String, message: String)] = [
        ("", "parse error at line 1, col 1: syntax error: unexpected $end"),
        (#"{app="a""#, "parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,"),
        (#"{app="a",}"#, "parse error at line 1, col 10: syntax error: unexpected }, expecting IDENTIFIER"),
        (#"{app "a"}"#, "parse error at line 1, col 6: syntax error: unexpected STRING, expecting = or =~ or !~ or !="),
        (#"{app=a}"#, "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING"),
        (#"{by="a"}"#, "parse error at line 1, col 2: syntax error: unexpected by, expecting IDENTIFIER or }"),
        ("{app=\"a\"}\n|= x", "parse error at line 2, col 4: syntax error: unexpected IDENTIFIER, expecting STRING or ip"),
        (#"{app="a" b}"#, "parse error at line 1, col 10: syntax error: unexpected IDENTIFIER, expecting } or ,"),
        (#"{app="a"} |= "x"#, "parse error at line 1, col 14: literal not terminated"),
        (#"{app="a"} |= `x"#, "parse error at line 1, col 14: literal not terminated"),
        (#"{app="a"} |= "\q""#, "parse error at line 1, col 14: invalid char escape"),
        (#"{app="a"} | unwrap x"#, "parse error at line 1, col 13: syntax error: unexpected unwrap"),
        (#"{app="a"} | x"#, "parse error at line 1, col 14: syntax error: unexpected $end"),
        (#"{app="a"} | drop"#, "parse error at line 1, col 17: syntax error: unexpected $end, expecting IDENTIFIER"),
        (#"{app="a"} | x =~ 5"#, "parse error at line 1, col 18: syntax error: unexpected NUMBER, expecting STRING"),
        (#"{app="a"} | x > "5""#, "parse error at line 1, col 17: syntax error: unexpected STRING"),
        (#"{app="a"} | x > 1mb"#, "parse error at line 1, col 20: syntax error: unexpected $end"),
        (#"{app="a"} |= "a" }"#, "parse error at line 1, col 18: syntax error: unexpected }"),
        ("rate", "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"),
        (#"rate({app="a"})"#, "parse error at line 1, col 15: syntax error: unexpected )"),
        (#"rate({app="a"}[5minutes])"#, #"parse error at line 1, col 15: unknown unit "minutes" in duration "5minutes""#),
        (#"rate({app="a"}[5m"#, "parse error at line 1, col 15: missing closing ']' in duration"),
        (#"rate({app="a"}[5m] offset 5)"#, "parse error at line 1, col 27: syntax error: unexpected NUMBER, expecting DURATION"),
        (#"rate(foo)"#, "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting NUMBER or { or ("),
        (#"sum({app="a"})"#, "parse error at line 1, col 14: syntax error: unexpected )"),
        ("-vector(1)", "parse error at line 1, col 2: syntax error: unexpected VECTOR, expecting NUMBER"),
        ("bool 1", "parse error at line 1, col 1: syntax error: unexpected bool"),
        (
            #"vector(1) + on (x) group_left (vector(2))"#,
            "parse error at line 1, col 32: syntax error: unexpected VECTOR, expecting IDENTIFIER or )"
        ),
        ("{app=\"a\"} \u{7}", "parse error at line 1, col 11: syntax error: unexpected \u{7}"),
        ("/* no end", "parse error at line 1, col 1: comment not terminated"),
    ]

    private static let misused: [(query: String, message: String)] = [
        ("{}", "parse error : " + unbounded), (#"{app=~".*"}"#, "parse error : " + unbounded),
        (#"{app!="a"}"#, "parse error : " + unbounded),
        (#"rate({app=""}[1m])"#, "parse error : " + unbounded), (#"sum(rate({}[1m])) + 1"#, "parse error : " + unbounded),
        (#"{app=~"("}"#, "parse error : error parsing regexp: missing closing ): `^(?s:()$`"),
        (#"{app="a"} | regexp "a""#, "parse error : invalid regexp parser: at least one named capture must be supplied"),
        (#"{app="a"} | pattern "a""#, "parse error : invalid pattern parser: at least one capture is required"),
        (#"sum_over_time({app="a"}[1m])"#, "parse error : invalid aggregation sum_over_time without unwrap"),
        (#"count_over_time({app="a"} | unwrap x [1m])"#, "parse error : invalid aggregation count_over_time with unwrap"),
        (#"count_over_time({app="a"}[1m]) by (x)"#, "parse error : grouping not allowed for count_over_time aggregation"),
        (#"quantile_over_time({app="a"} | unwrap x [1m])"#, "parse error : parameter required for operation quantile_over_time"),
        (#"sum_over_time(50, {app="a"} | unwrap x [1m])"#, "parse error : parameter 50 not supported for operation sum_over_time"),
        (#"sum(3, rate({app="a"}[1m]))"#, "parse error : unsupported parameter for operation sum(3,"),
        (#"topk(rate({app="a"}[1m]))"#, "parse error : parameter required for operation topk"),
        (#"bottomk(1.2, rate({app="a"}[1m]))"#, "parse error : invalid parameter bottomk(1.2,"),
        (#"topk(0, rate({app="a"}[1m]))"#, "parse error : invalid parameter (must be greater than 0) topk(0"),
        (#"approx_topk by (x) (3, rate({app="a"}[1m]))"#, "parse error : grouping not allowed for approx_topk aggregation"),
        (#"sort by (x) (rate({app="a"}[1m]))"#, "parse error : sort and sort_desc doesn't allow grouping by "),
        (#"{app="a"} + 1"#, "parse error : unexpected type for left leg of binary operation (+): *syntax.MatchersExpr"),
        (#"1 - {app="a"} | json"#, "parse error : unexpected type for right leg of binary operation (-): *syntax.PipelineExpr"),
        (#"vector(1) or 1"#, "parse error : unexpected literal for right leg of logical/set binary operation (or): 1.000000"),
        (#"0 and vector(1)"#, "parse error : unexpected literal for left leg of logical/set binary operation (and): 0.000000"),
        ("0x10", #"parse error : unable to parse literal as a float: strconv.ParseFloat: parsing "0x10": invalid syntax"#),
        (
            #"label_replace(vector(1), "a", "b", "c", "(")"#,
            "parse error : invalid regex in label_replace: error parsing regexp: missing closing ): `^(?s:()$`"
        ),
    ]

    private static let unbounded =
        "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
        + #"For instance, app=~".*" does not meet this requirement, but app=~".+" will"#
}
