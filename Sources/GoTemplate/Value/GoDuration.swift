/// A span of time as Go's `time.Duration` has it: whole nanoseconds, printed as `1h30m0s`.
public struct GoDuration: Sendable, Hashable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public var seconds: Double { Double(nanoseconds / 1_000_000_000) + Double(nanoseconds % 1_000_000_000) / 1e9 }
}

extension GoDuration: CustomStringConvertible {
    /// As `Duration.String`: hours, minutes and seconds with a fraction; below a second the unit that leaves a digit before the point.
    public var description: String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude == 0 { return "0s" }
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + GoDuration.decimal(magnitude, digits: 3) + "µs" }
        if magnitude < 1_000_000_000 { return sign + GoDuration.decimal(magnitude, digits: 6) + "ms" }
        let (minutes, rest) = magnitude.quotientAndRemainder(dividingBy: 60_000_000_000)
        let seconds = GoDuration.decimal(rest, digits: 9) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    /// A number with so many digits behind the point, zeros at its end left out.
    private static func decimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.utf8.count)) + text
        let whole = padded.dropLast(digits)
        var fraction = padded.suffix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}

extension GoDuration: TemplateObject {
    public var typeName: String { "*time.Duration" }

    public var printed: [UInt8] { Array(description.utf8) }

    public func member(_ name: String) -> TemplateMember? {
        let value: TemplateValue
        switch name {
        case "String": value = .text(description)
        case "Nanoseconds": value = .int(nanoseconds)
        case "Microseconds": value = .int(nanoseconds / 1_000)
        case "Milliseconds": value = .int(nanoseconds / 1_000_000)
        case "Seconds": value = .float(seconds)
        case "Minutes": value = .float(seconds / 60)
        case "Hours": value = .float(seconds / 3600)
        case "Abs": value = .object(GoDuration(nanoseconds: nanoseconds == .min ? .max : abs(nanoseconds)))
        default: return nil
        }
        return .method(TemplateFunction([]) { _ throws(TemplateFault) in value })
    }
}
