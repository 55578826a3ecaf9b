internal import TelemetryModel

/// Writes values as Go's `fmt` does.
struct GoPrinter {
    private(set) var output: [UInt8] = []
    /// Nothing is written beyond so many bytes.
    let bytesMax: Int
    /// Whether something was left out.
    private(set) var isFull = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What the closure prints, as a value.
    static func print(_ bytesMax: Int, _ body: (inout GoPrinter) -> Void) throws(TemplateFault) -> TemplateValue {
        var printer = GoPrinter(bytesMax: bytesMax)
        body(&printer)
        if printer.isFull { throw TemplateFault("more than \(bytesMax) bytes") }
        return .string(printer.output)
    }

    mutating func append(_ bytes: some Collection<UInt8>) {
        guard output.count + bytes.count <= bytesMax else {
            isFull = true
            return
        }
        output.append(contentsOf: bytes)
    }

    mutating func append(_ text: String) { append(text.utf8) }

    /// `Sprint`: a blank between operands of which neither is a string.
    mutating func print(_ values: [TemplateValue]) {
        for (index, value) in values.enumerated() {
            if index > 0, !value.isString, !values[index - 1].isString { append(" ") }
            plain(value)
        }
    }

    /// `Sprintln`: a blank between all operands, and a line feed.
    mutating func printLine(_ values: [TemplateValue]) {
        for (index, value) in values.enumerated() {
            if index > 0 { append(" ") }
            plain(value)
        }
        append("\n")
    }

    /// A value in its usual form (`%v`).
    mutating func plain(_ value: TemplateValue) {
        guard !isFull else { return }
        switch value {
        case .none: append("<nil>")
        case .bool(let value): append(value ? "true" : "false")
        case .int(let value): append(String(value))
        case .float(let value): append(FloatText.general(value))
        case .string(let bytes): append(bytes)
        case .list(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(" ") }
                plain(element)
            }
            append("]")
        case .map(let map):
            append("map[")
            for (index, key) in map.keys.enumerated() {
                if index > 0 { append(" ") }
                append(key)
                append(":")
                plain(map.values[index])
            }
            append("]")
        case .time(let time): append(time.description)
        case .object(let object): append(object.printed)
        case .function: append("func")
        }
    }
}

extension TemplateValue {
    var isString: Bool { if case .string = self { true } else { false } }
}
