internal import GoTemplate
internal import TelemetryModel

/// Times. Where Loki would use the time zone of its machine, this is UTC.
extension LineFunctions {
    static func addTimes(to table: inout FunctionTable) {
        table.add("date", [.string, .any]) { call throws(TemplateFault) in
            switch call.arguments[1] {
            case .time(let time): return .text(time.shown(in: .utc).format(call.text(0)))
            case .int(let seconds): return .text(GoTime(seconds: seconds).format(call.text(0)))
            default: return .text(GoTime(nanoseconds: SystemClock.nanosecondsSince1970).format(call.text(0)))
            }
        }
        table.add("toDate", [.string, .string]) { call throws(TemplateFault) in
            .time(GoTime(parsing: call.text(1), layout: call.text(0)) ?? .zero)
        }
        table.add("toDateInZone", [.string, .string, .string]) { call throws(TemplateFault) in
            // The machine's own zone must not show in what a query answers.
            let name = call.text(1)
            let zone = name == "Local" ? .utc : SystemTimeZones.zone(name) ?? .utc
            return .time(GoTime(parsing: call.text(2), layout: call.text(0), zone: zone) ?? .zero)
        }
        table.add("unixEpoch", [.time]) { call throws(TemplateFault) in .text(String(time(call).seconds)) }
        table.add("unixEpochMillis", [.time]) { call throws(TemplateFault) in
            .text(String(time(call).seconds &* 1000 &+ Int64(time(call).nanosecond / 1_000_000)))
        }
        table.add("unixEpochNanos", [.time]) { call throws(TemplateFault) in .text(String(time(call).nanosecondsSince1970)) }
        table.add("unixToTime", [.string]) { call throws(TemplateFault) in .time(try unixTime(call.text(0))) }
    }

    private static func time(_ call: TemplateCall) -> GoTime {
        if case .time(let time) = call.arguments[0] { time } else { .zero }
    }

    /// Days, seconds, milliseconds, microseconds or nanoseconds since 1970, as the number of digits says.
    private static func unixTime(_ text: String) throws(TemplateFault) -> GoTime {
        let isNumber = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let number = Int64(text) else {
            let reason = isNumber && text.utf8.count > 1 ? "value out of range" : "invalid syntax"
            throw TemplateFault("unable to parse time '\(text)': strconv.ParseInt: parsing \(GoQuoting.string(text)): \(reason)")
        }
        switch text.utf8.count {
        case 5: return GoTime(seconds: number * 86_400)
        case 10: return GoTime(seconds: number)
        case 13: return GoTime(nanoseconds: number &* 1_000_000)
        case 16: return GoTime(nanoseconds: number &* 1000)
        case 19: return GoTime(nanoseconds: number)
        default: throw TemplateFault("unable to parse time '\(text)': %!w(<nil>)")
        }
    }
}
