internal import TelemetryModel

/// `index`, `slice` and `len`.
enum Indexing {
    static func length(_ value: TemplateValue) throws(TemplateFault) -> Int {
        switch value.unwrapped {
        case .string(let bytes): return bytes.count
        case .list(let elements): return elements.count
        case .map(let map): return map.count
        case .none: throw TemplateFault("len of nil pointer")
        default: throw TemplateFault("len of type \(value.typeName)")
        }
    }

    static func index(_ value: TemplateValue, _ indices: ArraySlice<TemplateValue>) throws(TemplateFault) -> TemplateValue {
        var value = value
        for (position, index) in indices.enumerated() {
            switch value.unwrapped {
            case .none: throw TemplateFault(position == 0 ? "index of untyped nil" : "index of nil pointer")
            case .list(let elements): value = elements[try place(index, elements.count - 1)]
            case .string(let bytes): value = .int(Int64(bytes[try place(index, bytes.count - 1)]))
            case .map(let map):
                switch index {
                case .string(let key): value = map[key] ?? map.missing
                case .none: throw TemplateFault("value is nil; should be of type string")
                default: throw TemplateFault("value has type \(index.typeName); should be string")
                }
            default: throw TemplateFault("can't index item of type \(value.typeName)")
            }
        }
        return value
    }

    static func slice(_ value: TemplateValue, _ indices: ArraySlice<TemplateValue>) throws(TemplateFault) -> TemplateValue {
        let count: Int
        let value = value.unwrapped
        switch value {
        case .none: throw TemplateFault("slice of untyped nil")
        case .string(let bytes):
            guard indices.count < 3 else { throw TemplateFault("cannot 3-index slice a string") }
            count = bytes.count
        case .list(let elements): count = elements.count
        default: throw TemplateFault("can't slice item of type \(value.typeName)")
        }
        guard indices.count <= 3 else { throw TemplateFault("too many slice indexes: \(indices.count)") }
        var bounds = [0, count, count]
        for (position, index) in indices.enumerated() { bounds[position] = try place(index, count) }
        guard bounds[0] <= bounds[1] else { throw TemplateFault("invalid slice index: \(bounds[0]) > \(bounds[1])") }
        guard indices.count < 3 || bounds[1] <= bounds[2] else { throw TemplateFault("invalid slice index: \(bounds[1]) > \(bounds[2])") }
        switch value {
        case .string(let bytes): return .string(Array(bytes[bounds[0]..<bounds[1]]))
        case .list(let elements): return .list(Array(elements[bounds[0]..<bounds[1]]))
        default: return .none
        }
    }

    /// - Parameter greatest: the greatest index that is allowed.
    private static func place(_ index: TemplateValue, _ greatest: Int) throws(TemplateFault) -> Int {
        switch index {
        case .int(let value):
            guard value >= 0, value <= Int64(greatest) else { throw TemplateFault("index out of range: \(value)") }
            return Int(value)
        case .none: throw TemplateFault("cannot index slice/array with nil")
        default: throw TemplateFault("cannot index slice/array with type \(index.typeName)")
        }
    }
}
