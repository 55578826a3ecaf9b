internal import TelemetryModel

/// The values of a field over the rows of a table.
enum FieldColumn {
    /// No row has a value.
    case absent
    case coded(CodedColumn)
    /// Values of the first, or of the second where a row has none of the first.
    case either(CodedColumn, CodedColumn)
    /// Any number each.
    case multiple(starts: [Int32], CodedColumn)
    /// Nanoseconds, one for each row.
    case durations([UInt64])
    case computed(@Sendable (Int) -> TraceValue)
}

/// Values that stand once, and for each row, or for each event or link, the place of its value.
struct CodedColumn {
    /// What stored numbers stand for.
    enum Reading { case plain, status, kind, duration }

    var codes: [Int32]
    var stored: [AttributeValue]
    var reading = Reading.plain
    /// The value of rows whose code is below 0.
    var missing = TraceValue.none

    /// The value at a place; below 0 for none.
    func value(_ code: Int32) -> TraceValue { code < 0 ? missing : TraceValue(stored[Int(code)], reading) }
}

extension TraceValue {
    /// What a stored value is to the query language, which knows of no bytes, maps, and arrays of several types.
    init(_ stored: AttributeValue, _ reading: CodedColumn.Reading = .plain) {
        switch (stored, reading) {
        case (.int(let value), .status): self = .status(StatusWord(code: value))
        case (.int(let value), .kind): self = .kind(KindWord(code: value))
        case (.int(let value), .duration): self = .duration(value)
        case (.string(let text), _): self = .string(text)
        case (.int(let value), .plain): self = .int(value)
        case (.double(let value), _): self = .float(value)
        case (.bool(let value), _): self = .bool(value)
        case (.array(let values), _): self = TraceValue(array: values)
        default: self = .none
        }
    }

    private init(array: [AttributeValue]) {
        switch array.first {
        case .string?:
            let texts = array.compactMap { if case .string(let text) = $0 { text } else { nil } }
            self = texts.count == array.count ? .stringArray(texts) : .none
        case .int?:
            let numbers = array.compactMap { if case .int(let number) = $0 { number } else { nil } }
            self = numbers.count == array.count ? .intArray(numbers) : .none
        case .double?:
            let numbers = array.compactMap { if case .double(let number) = $0 { number } else { nil } }
            self = numbers.count == array.count ? .floatArray(numbers) : .none
        case .bool?:
            let flags = array.compactMap { if case .bool(let flag) = $0 { flag } else { nil } }
            self = flags.count == array.count ? .boolArray(flags) : .none
        default: self = .none
        }
    }

    /// The value as an answer carries it: words and durations are texts there.
    var attributeValue: AttributeValue {
        switch self {
        case .int(let value): .int(value)
        case .float(let value): .double(value)
        case .bool(let value): .bool(value)
        case .none, .string, .duration, .status, .kind: .string(plainText)
        case .intArray, .floatArray, .stringArray, .boolArray: .array(elements.map(\.attributeValue))
        }
    }
}

extension StatusWord {
    init(code: Int64) {
        switch code {
        case Int64(SpanStatusCode.ok.rawValue): self = .ok
        case Int64(SpanStatusCode.error.rawValue): self = .error
        default: self = .unset
        }
    }
}

extension KindWord {
    init(code: Int64) {
        switch code {
        case Int64(SpanKind.internal.rawValue): self = .internal
        case Int64(SpanKind.server.rawValue): self = .server
        case Int64(SpanKind.client.rawValue): self = .client
        case Int64(SpanKind.producer.rawValue): self = .producer
        case Int64(SpanKind.consumer.rawValue): self = .consumer
        default: self = .unspecified
        }
    }
}

extension FieldColumn {
    /// The value of a row; of several the first that there is.
    func value(_ row: Int) -> TraceValue {
        switch self {
        case .absent: return .none
        case .coded(let column): return column.value(column.codes[row])
        case .either(let first, let second):
            let value = first.value(first.codes[row])
            return value.isNone ? second.value(second.codes[row]) : value
        case .multiple(let starts, let column):
            for place in starts[row]..<starts[row + 1] {
                let value = column.value(column.codes[Int(place)])
                if !value.isNone { return value }
            }
            return .none
        case .durations(let durations): return .duration(Int64(clamping: durations[row]))
        case .computed(let compute): return compute(row)
        }
    }

    /// All values of a row.
    func values(_ row: Int) -> [TraceValue] {
        guard case .multiple(let starts, let column) = self else {
            let value = value(row)
            return value.isNone ? [] : [value]
        }
        return (starts[row]..<starts[row + 1]).map { column.value(column.codes[Int($0)]) }.filter { !$0.isNone }
    }
}
