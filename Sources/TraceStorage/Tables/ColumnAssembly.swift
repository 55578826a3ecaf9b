internal import TelemetryModel

/// Puts the columns that queries ask for together from what a source has.
struct ColumnAssembly<Source: ColumnSource> {
    private let source: Source

    init(_ source: Source) { self.source = source }

    func column(_ field: SpanField) throws -> SpanColumn {
        switch field {
        case .name: try spanTexts(SpanKindField.name, emptyIsAbsent: false)
        case .kind: try spanNumbers(SpanKindField.role)
        case .statusCode: try spanNumbers(SpanKindField.statusCode)
        case .statusMessage: try spanTexts(SpanKindField.statusMessage, emptyIsAbsent: true)
        case .traceState: try spanTexts(SpanKindField.traceState, emptyIsAbsent: true)
        case .attribute(.span, let key): try spanAttributes(key)
        case .attribute(.event, let key): try manyAttributes(.event, SpanKindField.events, key)
        case .attribute(.link, let key): try manyAttributes(.link, SpanKindField.links, key)
        case .attribute(.resource, let key): try resourceAttributes(key)
        case .attribute(.scope, let key): try scopeValues { $0.attributes[key: key] }
        case .scopeName: try scopeValues { $0.name.isEmpty ? nil : .string($0.name) }
        case .scopeVersion: try scopeValues { $0.version.isEmpty ? nil : .string($0.version) }
        case .eventName: try eventNames()
        case .eventTimeSinceStart: try many(.event, SpanKindField.events, try source.eventTimes().map { .int($0) })
        case .linkTraceID: try many(.link, SpanKindField.links, try source.linkIDs().traces.map { .string($0.hexadecimal) })
        case .linkSpanID: try many(.link, SpanKindField.links, try source.linkIDs().spans.map { .string(SpanID($0).hexadecimal) })
        }
    }

    func names(of owner: AttributeOwner) throws -> [String] {
        switch owner {
        case .span: return try source.attributeKeys(.span)
        case .event: return try source.attributeKeys(.event)
        case .link: return try source.attributeKeys(.link)
        case .resource: return ColumnAssembly.names(try source.origins().resources.map(\.attributes))
        case .scope: return ColumnAssembly.names(try source.origins().scopes.map(\.attributes))
        }
    }

    private static func names(_ lists: [[Attribute]]) -> [String] { Array(Set(lists.joined().map(\.key))) }

    // MARK: One value each

    /// A column of what is a matter of the kind of a span.
    private func byKind(_ kinds: EntityKinds, _ value: (_ kind: Int) throws -> AttributeValue?) rethrows -> SpanColumn {
        var values = ValueNumbers()
        var ofKind: [Int32] = []
        for kind in 0..<kinds.count { ofKind.append(try value(kind).map { values.number(of: $0) } ?? -1) }
        if values.list.isEmpty { return .absent }
        return .single(codes: kinds.kindOf.map { ofKind[Int($0)] }, values: values.list)
    }

    private func spanTexts(_ field: Int, emptyIsAbsent: Bool) throws -> SpanColumn {
        let kinds = try source.kinds(.span)
        return try byKind(kinds) { kind in
            let text = try source.text(kinds.fields[field][kind])
            return emptyIsAbsent && text.isEmpty ? nil : .string(text)
        }
    }

    private func spanNumbers(_ field: Int) throws -> SpanColumn {
        let kinds = try source.kinds(.span)
        return byKind(kinds) { .int(Int64(Int32(truncatingIfNeeded: kinds.fields[field][$0]))) }
    }

    private func scopeValues(_ value: (ScopeRecord) -> AttributeValue?) throws -> SpanColumn {
        let kinds = try source.kinds(.span)
        let values = try source.origins().scopes.map(value)
        return byKind(kinds) { values[Int(kinds.fields[SpanKindField.scope][$0])] }
    }

    private func resourceAttributes(_ key: String) throws -> SpanColumn {
        let origins = try source.origins()
        var values = ValueNumbers()
        let ofResource = origins.resources.map { $0.attributes[key: key].map { values.number(of: $0) } ?? -1 }
        if values.list.isEmpty { return .absent }
        return .single(codes: origins.resourceOf.map { ofResource[Int($0)] }, values: values.list)
    }

    private func spanAttributes(_ key: String) throws -> SpanColumn {
        guard let found = try source.attributeCodes(.span, key) else { return .absent }
        return .single(codes: found.codes, values: found.values)
    }

    // MARK: Any number each

    private func eventNames() throws -> SpanColumn {
        let kinds = try source.kinds(.event)
        guard case .single(let codes, let values) = try byKind(kinds, { .string(try source.text(kinds.fields[EventKindField.name][$0])) })
        else { return .absent }
        return try many(SpanKindField.events, codes, values)
    }

    private func manyAttributes(_ entity: Entity, _ countField: Int, _ key: String) throws -> SpanColumn {
        guard let found = try source.attributeCodes(entity, key) else { return .absent }
        return try many(countField, found.codes, found.values)
    }

    private func many(_ entity: Entity, _ countField: Int, _ all: [AttributeValue]) throws -> SpanColumn {
        if all.isEmpty { return .absent }
        var values = ValueNumbers()
        let codes = all.map { values.number(of: $0) }
        return try many(countField, codes, values.list)
    }

    /// A column of what the events or links of each span have; those without a value are left out.
    private func many(_ countField: Int, _ codes: [Int32], _ values: [AttributeValue]) throws -> SpanColumn {
        let kinds = try source.kinds(.span)
        let counts = kinds.fields[countField]
        var starts: [Int32] = []
        starts.reserveCapacity(kinds.kindOf.count + 1)
        var kept: [Int32] = []
        var next = 0
        for kind in kinds.kindOf {
            starts.append(Int32(kept.count))
            let end = min(next + Int(counts[Int(kind)]), codes.count)
            while next < end {
                if codes[next] >= 0 { kept.append(codes[next]) }
                next += 1
            }
        }
        starts.append(Int32(kept.count))
        return .multiple(starts: starts, codes: kept, values: values)
    }
}

/// Values, each once, by number.
private struct ValueNumbers {
    private(set) var list: [AttributeValue] = []
    private var numbers: [AttributeValue: Int32] = [:]

    mutating func number(of value: AttributeValue) -> Int32 {
        if let known = numbers[value] { return known }
        let number = Int32(list.count)
        numbers[value] = number
        list.append(value)
        return number
    }
}
