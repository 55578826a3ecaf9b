internal import ByteCoding
internal import TelemetryModel

/// The alerts of a group as they are kept over a restart.
///
/// The bytes: a version, the time of the last evaluation, and for each alerting rule its name, its labels and its alerts. Numbers are varints (times as
/// zig-zag), texts and packed labels have their length in front, values are doubles; a byte of flags says which times an alert has.
struct SavedRuleState: Sendable, Hashable {
    struct SavedRule: Sendable, Hashable {
        var name: String
        var labels: [Label]
        var alerts: [AlertInstance]
    }

    var lastEvaluation: Timestamp?
    /// In the order of the group.
    var rules: [SavedRule] = []

    private static let version: UInt8 = 1
    /// What no group has more of; damaged bytes must not make room for more.
    private static let countMax = 10_000_000

    init() {}

    init(_ state: RuleGroupState) {
        lastEvaluation = state.lastEvaluation
        for (place, rule) in state.group.rules.enumerated() where rule.isAlerting && state.alerting[place].isRestored {
            rules.append(SavedRule(name: rule.name, labels: rule.labels, alerts: state.alerting[place].allAlerts))
        }
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = [SavedRuleState.version]
        bytes.appendVarint(lastEvaluation == nil ? 0 : 1)
        bytes.appendVarint(zigzag(lastEvaluation ?? 0))
        bytes.appendVarint(UInt64(rules.count))
        for rule in rules {
            SavedRuleState.append(rule.name, to: &bytes)
            SavedRuleState.append(rule.labels, to: &bytes)
            bytes.appendVarint(UInt64(rule.alerts.count))
            for alert in rule.alerts { SavedRuleState.append(alert, to: &bytes) }
        }
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.appendVarint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ labels: [Label], to bytes: inout [UInt8]) {
        bytes.appendVarint(UInt64(labels.count))
        for label in labels {
            append(label.name, to: &bytes)
            append(label.value, to: &bytes)
        }
    }

    private static let states: [AlertInstance.State] = [.inactive, .pending, .firing]

    private static func append(_ alert: AlertInstance, to bytes: inout [UInt8]) {
        bytes.append(UInt8(states.firstIndex(of: alert.state) ?? 0))
        bytes.appendVarint(UInt64(alert.labels.packed.count))
        bytes.append(contentsOf: alert.labels.packed)
        append(alert.annotations, to: &bytes)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: alert.value.bitPattern >> UInt64(shift))) }
        bytes.appendVarint(zigzag(alert.activeAt))
        let times = [alert.firedAt, alert.resolvedAt, alert.lastSentAt, alert.validUntil, alert.keepFiringSince]
        bytes.append(times.enumerated().reduce(UInt8(0)) { $1.element == nil ? $0 : $0 | 1 << UInt8($1.offset) })
        for case let time? in times { bytes.appendVarint(zigzag(time)) }
    }
}

extension SavedRuleState {
    /// Reads what ``bytes`` gave.
    ///
    /// - Throws: ``RuleFault`` where the bytes are damaged or of a later version.
    init(_ bytes: [UInt8]) throws(RuleFault) {
        var reader = ByteReader(bytes)
        do {
            guard try reader.readUInt8() == SavedRuleState.version else { throw RuleFault("the state of rules is of another version") }
            let isEvaluated = try reader.readVarint() == 1
            let time = try Self.time(&reader)
            lastEvaluation = isEvaluated ? time : nil
            for _ in 0..<(try reader.readCount(limit: SavedRuleState.countMax)) {
                var rule = SavedRule(name: try Self.text(&reader, bytes), labels: try Self.labels(&reader, bytes), alerts: [])
                for _ in 0..<(try reader.readCount(limit: SavedRuleState.countMax)) {
                    rule.alerts.append(try Self.alert(&reader, bytes))
                }
                rules.append(rule)
            }
        } catch let fault as RuleFault {
            throw fault
        } catch {
            throw RuleFault("the state of rules is damaged: \(error)")
        }
    }

    private static func text(_ reader: inout ByteReader, _ bytes: [UInt8]) throws -> String {
        String(decoding: bytes[try reader.readLengthPrefixed()], as: UTF8.self)
    }

    /// A time with which others can be reckoned.
    private static func time(_ reader: inout ByteReader) throws -> Timestamp {
        let time = try reader.readZigZag()
        guard time.magnitude < 1 << 60 else { throw RuleFault("the state of rules is damaged: no time \(time)") }
        return time
    }

    private static func labels(_ reader: inout ByteReader, _ bytes: [UInt8]) throws -> [Label] {
        var labels: [Label] = []
        for _ in 0..<(try reader.readCount(limit: countMax)) {
            labels.append(Label(name: try text(&reader, bytes), value: try text(&reader, bytes)))
        }
        return labels
    }

    private static func alert(_ reader: inout ByteReader, _ bytes: [UInt8]) throws -> AlertInstance {
        let state = Int(try reader.readUInt8())
        guard states.indices.contains(state) else { throw RuleFault("the state of rules is damaged: no state \(state)") }
        let labels = try LabelSet(validating: Array(bytes[try reader.readLengthPrefixed()]))
        let annotations = try Self.labels(&reader, bytes)
        let value = Double(bitPattern: try reader.readLittleEndian(UInt64.self))
        let activeAt = try time(&reader)
        let flags = try reader.readUInt8()
        var times: [Timestamp?] = []
        for place in 0..<5 { times.append(flags & 1 << UInt8(place) == 0 ? nil : try time(&reader)) }
        return AlertInstance(
            state: states[state], labels: labels, annotations: annotations, value: value, activeAt: activeAt, firedAt: times[0],
            resolvedAt: times[1], lastSentAt: times[2], validUntil: times[3], keepFiringSince: times[4])
    }
}
