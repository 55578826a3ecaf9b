/// A span of time in templates, as Go's `time.Duration`.
public struct TemplateDuration: TemplateObject, Hashable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public var typeName: String { "time.Duration" }
    public var printed: [UInt8] { Array(description.utf8) }
    public var plain: TemplateValue? { .int(nanoseconds) }

    public func member(_ name: String) -> TemplateMember? {
        func value(_ value: TemplateValue) -> TemplateMember { .method(TemplateFunction([]) { _ throws(TemplateFault) in value }) }
        let seconds = Double(nanoseconds) / 1e9
        switch name {
        case "Hours": return value(.float(seconds / 3600))
        case "Minutes": return value(.float(seconds / 60))
        case "Seconds": return value(.float(seconds))
        case "Milliseconds": return value(.int(nanoseconds / 1_000_000))
        case "Microseconds": return value(.int(nanoseconds / 1000))
        case "Nanoseconds": return value(.int(nanoseconds))
        case "String": return value(.text(description))
        default: return nil
        }
    }

    /// Go's `1h2m3.5s`; below a second `1.5ms`, `1.5µs`, `15ns`; `0s` for none.
    public var description: String {
        if nanoseconds == 0 { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude < 1000 { return sign + "\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + TemplateDuration.decimal(magnitude, 3) + "µs" }
        if magnitude < 1_000_000_000 { return sign + TemplateDuration.decimal(magnitude, 6) + "ms" }
        let minutes = magnitude / 60_000_000_000
        var text = TemplateDuration.decimal(magnitude % 60_000_000_000, 9) + "s"
        if minutes > 0 { text = "\(minutes % 60)m" + text }
        if minutes >= 60 { text = "\(minutes / 60)h" + text }
        return sign + text
    }

    /// A number with so many digits behind the point, without zeros at its end.
    private static func decimal(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        var fraction = padded.suffix(digits)
        while fraction.last == "0" { fraction = fraction.dropLast() }
        return padded.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
