internal import CivilCalendar

extension GoTime {
    /// The methods of Go's `time.Time` that templates use.
    func method(_ name: String) -> TemplateFunction? {
        let civil = civil
        switch name {
        case "Format": return TemplateFunction([.string]) { call throws(TemplateFault) in .text(self.format(call.text(0))) }
        case "String": return value(.text(description))
        case "UTC", "Local": return value(.time(shown(in: .utc)))
        case "Unix": return value(.int(seconds))
        case "UnixMilli": return value(.int(seconds.multipliedReportingOverflow(by: 1000).partialValue &+ Int64(nanosecond / 1_000_000)))
        case "UnixNano": return value(.int(nanosecondsSince1970))
        case "Year": return value(.int(Int64(civil.date.year)))
        case "Month": return value(.text(GoTimeLayout.months[civil.date.month - 1]))
        case "Day": return value(.int(Int64(civil.date.day)))
        case "Weekday": return value(.text(GoTimeLayout.weekdays[civil.date.dayOfWeek]))
        case "YearDay": return value(.int(Int64(civil.date.dayOfYear)))
        case "Hour": return value(.int(Int64(civil.hour)))
        case "Minute": return value(.int(Int64(civil.minute)))
        case "Second": return value(.int(Int64(civil.second)))
        case "Nanosecond": return value(.int(Int64(nanosecond)))
        case "IsZero": return value(.bool(self == .zero))
        case "Equal": return compare { $0 == $1 }
        case "Before": return compare { ($0.seconds, $0.nanosecond) < ($1.seconds, $1.nanosecond) }
        case "After": return compare { ($0.seconds, $0.nanosecond) > ($1.seconds, $1.nanosecond) }
        case "Add":
            return TemplateFunction([.object("*time.Duration")]) { call throws(TemplateFault) in
                guard case .object(let object) = call.arguments[0], let duration = object as? GoDuration else { return .time(self) }
                return .time(self.adding(duration))
            }
        case "Sub":
            return TemplateFunction([.time]) { call throws(TemplateFault) in
                guard case .time(let other) = call.arguments[0] else { return .none }
                return .object(self.since(other))
            }
        default: return nil
        }
    }

    /// The time from another moment to this one, held within what has room.
    public func since(_ other: GoTime) -> GoDuration {
        let (difference, overflowed) = nanosecondsSince1970.subtractingReportingOverflow(other.nanosecondsSince1970)
        return GoDuration(nanoseconds: overflowed ? (seconds < other.seconds ? .min : .max) : difference)
    }

    private func value(_ value: TemplateValue) -> TemplateFunction { TemplateFunction([]) { _ throws(TemplateFault) in value } }

    private func adding(_ duration: GoDuration) -> GoTime {
        var seconds = seconds.addingReportingOverflow(duration.nanoseconds / 1_000_000_000).partialValue
        var nanosecond = nanosecond + Int32(duration.nanoseconds % 1_000_000_000)
        if nanosecond < 0 {
            nanosecond += 1_000_000_000
            seconds &-= 1
        } else if nanosecond >= 1_000_000_000 {
            nanosecond -= 1_000_000_000
            seconds &+= 1
        }
        return GoTime(seconds: seconds, nanosecond: nanosecond, zone: zone)
    }

    private func compare(_ body: @escaping @Sendable (GoTime, GoTime) -> Bool) -> TemplateFunction {
        TemplateFunction([.time]) { call throws(TemplateFault) in
            guard case .time(let other) = call.arguments[0] else { return .bool(false) }
            return .bool(body(self, other))
        }
    }
}
