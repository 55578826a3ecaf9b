internal import AlertModel
internal import AlertRouting
internal import HTTPTypes
internal import LabelMatching
internal import NIOCore
internal import TelemetryModel

extension AlertmanagerAPI {
    func silences(_ parameters: FormParameters) throws -> APIReply {
        let matchers = try AlertmanagerAPI.matchers(parameters, "filter")
        var states: Set<Silence.State> = []
        if AlertmanagerAPI.flag(parameters, "active") { states.insert(.active) }
        if AlertmanagerAPI.flag(parameters, "expired") { states.insert(.expired) }
        if AlertmanagerAPI.flag(parameters, "pending") { states.insert(.pending) }
        let now = backend.now
        // A filter finds silences with the very same matcher.
        let wanted = backend.silences.filter { silence in
            (states.isEmpty || states.contains(silence.state(at: now))) && matchers.allSatisfy { silence.matchers.contains($0) }
        }
        var writer = JSONWriter()
        writer.beginArray()
        for silence in AlertmanagerAPI.sorted(wanted, at: now) { writer.silence(silence, at: now) }
        writer.endArray()
        return .json(writer)
    }

    /// Active ones first, those that end next before others; then pending ones, those that start next before others; then expired ones, the
    /// latest first.
    static func sorted(_ silences: [Silence], at now: Timestamp) -> [Silence] {
        func rank(_ silence: Silence) -> (Int, Timestamp) {
            switch silence.state(at: now) {
            case .active: (0, silence.endsAt)
            case .pending: (1, silence.startsAt)
            case .expired: (2, 0 - max(silence.endsAt, -.max))
            }
        }
        return silences.sorted { left, right in
            let (first, second) = (rank(left), rank(right))
            return first == second ? left.id.utf8.lexicographicallyPrecedes(right.id.utf8) : first < second
        }
    }

    func silence(_ id: String) throws -> APIReply {
        let silence = try known(id)
        var writer = JSONWriter()
        writer.silence(silence, at: backend.now)
        return .json(writer)
    }

    private func known(_ id: String) throws(AlertmanagerFault) -> Silence {
        guard AlertmanagerAPI.isUUID(id) else {
            throw .schema(code: 601, message: "silenceID in path must be of type uuid: \(quoted(id))")
        }
        guard let silence = backend.silence(id.lowercased()) else { throw .notFound(nil) }
        return silence
    }

    static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.indices.allSatisfy { index in
                switch index {
                case 8, 13, 18, 23: bytes[index] == UInt8(ascii: "-")
                default: Character(Unicode.Scalar(bytes[index])).isHexDigit
                }
            }
    }

    func expireSilence(_ id: String) async throws -> APIReply {
        let silence = try known(id)
        try await expire(silence)
        return APIReply(status: .ok)
    }

    /// Ends a silence; one that has ended stays as it is.
    private func expire(_ silence: Silence) async throws(APIFailure) {
        let now = backend.now
        guard silence.state(at: now) != .expired else { return }
        var expired = silence
        // A silence still holds at the moment of its end.
        expired.endsAt = now - 1
        expired.startsAt = min(silence.startsAt, now - 1)
        expired.updatedAt = max(now, silence.updatedAt + 1)
        try await backend.set(expired)
    }

    func postSilence(_ body: ByteBuffer) async throws -> APIReply {
        let posted = try PostedBody.silence(Array(body.readableBytesView))
        let now = backend.now
        guard posted.startsAt < posted.endsAt else {
            throw AlertmanagerFault.text("Failed to create silence: start time must be before end time")
        }
        guard posted.endsAt >= now else { throw AlertmanagerFault.text("Failed to create silence: end time can't be in the past") }
        try AlertmanagerAPI.checkMatchers(posted.matchers)
        var previous: Silence?
        if !posted.id.isEmpty {
            previous = backend.silence(posted.id.lowercased())
            if previous == nil { throw AlertmanagerFault.notFound("silence not found") }
        }
        var silence = Silence(
            id: "", matchers: posted.matchers, startsAt: posted.startsAt, endsAt: posted.endsAt, updatedAt: now,
            createdBy: posted.createdBy, comment: posted.comment, annotations: posted.annotations,
            // Programs that know nothing of recurrence leave it as it was.
            recurrence: posted.recurrence ?? previous?.recurrence ?? [])
        if let previous, AlertmanagerAPI.canUpdate(previous, to: silence, now: now) {
            silence.id = previous.id
            silence.updatedAt = max(now, previous.updatedAt + 1)
            try await backend.set(silence)
        } else {
            silence.id = AlertmanagerAPI.newID()
            silence.startsAt = max(silence.startsAt, now)
            try await backend.set(silence)
            if let previous { try await expire(previous) }
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("silenceID", silence.id)
        writer.endObject()
        return .json(writer)
    }

    private static func checkMatchers(_ matchers: [LabelMatcher]) throws(AlertmanagerFault) {
        for (index, matcher) in matchers.enumerated() where matcher.name.isEmpty {
            throw .text("invalid silence: invalid label matcher \(index) in set 0: invalid label name \"\"")
        }
        // As Alertmanager has it, a matcher that negates counts as one that leaves something out.
        let matchesAll = matchers.allSatisfy { matcher in
            (matcher.operator == .equal || matcher.operator == .matches) && matcher.matchesEmpty
        }
        if matchesAll {
            throw .text("invalid silence: matcher set 0: at least one matcher must not match the empty string")
        }
    }

    /// Whether a silence may change into another without making its past another: else it is ended, and the new one gets an id of its own.
    static func canUpdate(_ silence: Silence, to new: Silence, now: Timestamp) -> Bool {
        guard silence.matchers == new.matchers else { return false }
        switch silence.state(at: now) {
        case .active: return silence.startsAt / 1000 == new.startsAt / 1000 && new.endsAt >= now
        case .pending: return new.startsAt >= now
        case .expired: return false
        }
    }

    /// A random UUID (RFC 9562, version 4).
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let digits = Array(hexadecimal(high) + hexadecimal(low))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension JSONWriter {
    /// Alertmanager's `gettableSilence`; `recurrence` is Perch's own, and there only where the silence recurs.
    mutating func silence(_ silence: Silence, at now: Timestamp) {
        beginObject()
        member("id", silence.id)
        name("status")
        beginObject()
        member("state", silence.state(at: now).rawValue)
        endObject()
        member("updatedAt", alertTimeText(silence.updatedAt))
        name("annotations")
        labels(silence.annotations)
        member("comment", silence.comment)
        member("createdBy", silence.createdBy)
        member("endsAt", alertTimeText(silence.endsAt))
        name("matchers")
        beginArray()
        for matcher in silence.matchers {
            beginObject()
            member("isEqual", matcher.operator == .equal || matcher.operator == .matches)
            member("isRegex", matcher.operator == .matches || matcher.operator == .notMatches)
            member("name", matcher.name)
            member("value", matcher.value)
            endObject()
        }
        endArray()
        member("startsAt", alertTimeText(silence.startsAt))
        if !silence.recurrence.isEmpty {
            name("recurrence")
            recurrence(silence.recurrence)
        }
        endObject()
    }

    /// Times as Alertmanager's configuration writes them.
    private mutating func recurrence(_ intervals: [TimeInterval]) {
        beginArray()
        for interval in intervals {
            beginObject()
            if !interval.times.isEmpty {
                name("times")
                beginArray()
                for range in interval.times {
                    beginObject()
                    member("start_time", AlertmanagerAPI.clockText(range.lowerBound))
                    member("end_time", AlertmanagerAPI.clockText(range.upperBound))
                    endObject()
                }
                endArray()
            }
            texts(
                "weekdays", interval.weekdays.map { AlertmanagerAPI.rangeText($0.lowerBound, $0.upperBound, AlertmanagerAPI.weekdayNames) })
            texts("days_of_month", interval.daysOfMonth.map { AlertmanagerAPI.rangeText($0.first, $0.last, []) })
            texts("months", interval.months.map { AlertmanagerAPI.rangeText($0.lowerBound, $0.upperBound, []) })
            texts("years", interval.years.map { AlertmanagerAPI.rangeText($0.lowerBound, $0.upperBound, []) })
            if !interval.location.isEmpty { member("location", interval.location) }
            endObject()
        }
        endArray()
    }

    private mutating func texts(_ name: String, _ texts: [String]) {
        if texts.isEmpty { return }
        self.name(name)
        array(texts)
    }
}

extension AlertmanagerAPI {
    static let weekdayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    /// Minutes of the day as `09:30`.
    static func clockText(_ minutes: Int) -> String {
        func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return padded(minutes / 60) + ":" + padded(minutes % 60)
    }

    /// `1`, `1:5` or `monday:friday`.
    static func rangeText(_ first: Int, _ last: Int, _ names: [String]) -> String {
        func text(_ number: Int) -> String { names.indices.contains(number) ? names[number] : String(number) }
        return first == last ? text(first) : text(first) + ":" + text(last)
    }
}
