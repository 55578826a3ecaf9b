internal import AlertRouting
internal import ConfigFile
internal import GoTemplate
internal import LogQL
internal import Notifications
internal import PromQL
internal import Rules
internal import TraceQL

/// What people write: queries, configuration, templates.
let languageParsers: [String: Parser] = [
    "yaml": { text in _ = try? ConfigDocument(parsing: String(decoding: text, as: UTF8.self), file: "f") },
    "alertmanager": { text in
        _ = try? AlertmanagerConfiguration(parsing: String(decoding: text, as: UTF8.self), file: "f", folder: "/nonexistent/")
    },
    "rule-file": { text in _ = try? RuleFile.parse(String(decoding: text, as: UTF8.self), file: "f") },
    "alert-matchers": { text in
        for mode in MatcherSyntax.Mode.allCases { _ = try? MatcherSyntax.parse(String(decoding: text, as: UTF8.self), mode: mode) }
    },
    "template": { text in
        var templates = TemplateSet()
        guard (try? templates.add(String(decoding: text, as: UTF8.self), name: "t")) != nil else { return }
        for isHTML in [false, true] {
            _ = try? templates.text("t", .string(Array("value".utf8)), limits: TemplateLimits(), isHTML: isHTML)
        }
    },
    "promql": { text in
        guard let expression = try? PromQLParser().parse(String(decoding: text, as: UTF8.self)) else { return }
        // What is printed means the same.
        let printed = "\(expression)"
        guard let again = try? PromQLParser().parse(printed) else { preconditionFailure("printed expression does not parse: \(printed)") }
        precondition("\(again)" == printed, "printed twice differs: \(printed)")
    },
    "logql": { text in
        guard let query = try? LogQLParser().parse(String(decoding: text, as: UTF8.self)) else { return }
        let printed = LogQLPrinter().text(query)
        guard let again = try? LogQLParser().parse(printed) else { preconditionFailure("printed query does not parse: \(printed)") }
        precondition(LogQLPrinter().text(again) == printed, "printed twice differs: \(printed)")
    },
    "traceql": { text in
        guard let query = try? TraceQLParser().parse(String(decoding: text, as: UTF8.self)) else { return }
        let printed = query.printed
        guard let again = try? TraceQLParser().parse(printed) else { preconditionFailure("printed query does not parse: \(printed)") }
        precondition(again.printed == printed, "printed twice differs: \(printed)")
    },
]
