internal import ConfigFile
internal import LinearRegex
internal import SpanMetrics

/// Reads `filter_policies`, which are written as for Tempo's metrics generator.
extension ConfigurationReader {
    func filterPolicies(in node: ConfigNode) throws(ConfigError) -> [SpanFilterPolicy] {
        var policies: [SpanFilterPolicy] = []
        _ = try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                let before = policies.count
                for (key, role) in [("include", .include), ("include_any", .includeAny), ("exclude", .exclude)]
                    as [(String, SpanFilterPolicy.Role)]
                {
                    if let conditions = try mapping.optional(key, reading: conditions(in:)) {
                        policies.append(SpanFilterPolicy(role, conditions))
                    }
                }
                if policies.count == before { throw element.error("a policy must have include, include_any or exclude") }
            }
        }
        return policies
    }

    private func conditions(in node: ConfigNode) throws(ConfigError) -> [SpanFilterPolicy.Condition] {
        try node.mapping { (mapping) throws(ConfigError) in
            let isPattern = try mapping.required("match_type") { (node) throws(ConfigError) in
                try node.word(of: ["strict": false, "regex": true])
            }
            return try mapping.required("attributes") { (node) throws(ConfigError) in
                try node.list { (element) throws(ConfigError) in try condition(in: element, isPattern: isPattern) }
            }
        }
    }

    private func condition(in node: ConfigNode, isPattern: Bool) throws(ConfigError) -> SpanFilterPolicy.Condition {
        try node.mapping { (mapping) throws(ConfigError) in
            let subject = try mapping.required("key", reading: subject(in:))
            let test = try mapping.required("value") { (node) throws(ConfigError) in
                isPattern ? try pattern(in: node) : try value(in: node, for: subject)
            }
            return .init(subject, test)
        }
    }

    private func subject(in node: ConfigNode) throws(ConfigError) -> SpanFilterPolicy.Subject {
        let key = try node.string()
        switch key {
        case "kind": return .kind
        case "status": return .status
        case "name": return .name
        default: break
        }
        for (prefix, make) in [
            ("span.", SpanFilterPolicy.Subject.spanAttribute), ("resource.", SpanFilterPolicy.Subject.resourceAttribute),
        ] where key.hasPrefix(prefix) && key.count > prefix.count {
            return make(String(key.dropFirst(prefix.count)))
        }
        throw node.mismatch(expected: "\"kind\", \"status\", \"name\", \"span.NAME\" or \"resource.NAME\"")
    }

    private func pattern(in node: ConfigNode) throws(ConfigError) -> SpanFilterPolicy.Test {
        let text = try node.string()
        do throws(LinearPatternError) { return .pattern(try LinearPattern(text, anchored: false)) } catch {
            throw node.error("wrong regular expression: \(error)")
        }
    }

    private func value(in node: ConfigNode, for subject: SpanFilterPolicy.Subject) throws(ConfigError) -> SpanFilterPolicy.Test {
        let text = try node.string()
        switch subject {
        case .kind:
            if SpanWord.kind(named: text) == nil { throw node.mismatch(expected: "a kind such as \"SPAN_KIND_SERVER\"") }
        case .status:
            if SpanWord.status(named: text) == nil { throw node.mismatch(expected: "a status such as \"STATUS_CODE_ERROR\"") }
        case .name: break
        case .spanAttribute, .resourceAttribute:
            // What is not written in quotes has the type that it looks like.
            if let bool = try? node.bool() { return .bool(bool) }
            if let int = try? node.int() { return .int(Int64(int)) }
            if let double = try? node.double() { return .double(double) }
        }
        return .string(text)
    }
}
