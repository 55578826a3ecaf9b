internal import AlertModel
internal import GoTemplate
internal import TelemetryModel

// What templates see of a notification. Names of fields and methods are those of Alertmanager.

/// `.`
struct DataObject: TemplateObject, JSONValue {
    let data: NotificationData

    var typeName: String { "*template.Data" }
    var printed: [UInt8] { JSONText.bytes(.object(self)) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Receiver": .field(.text(data.receiver))
        case "Status": .field(.text(data.status))
        case "Alerts": .field(.object(AlertsObject(alerts: data.alerts)))
        case "NotificationReason": .field(.text(data.reason))
        case "GroupLabels": .field(.object(LabelsObject(labels: data.groupLabels)))
        case "CommonLabels": .field(.object(LabelsObject(labels: data.commonLabels)))
        case "CommonAnnotations": .field(.object(LabelsObject(labels: data.commonAnnotations)))
        case "RouteLabels": .field(.object(LabelsObject(labels: data.routeLabels)))
        case "ExternalURL": .field(.text(data.externalURL))
        default: nil
        }
    }

    var json: [(name: String, value: TemplateValue)] {
        let names = [
            ("receiver", "Receiver"), ("status", "Status"), ("alerts", "Alerts"), ("notification_reason", "NotificationReason"),
            ("groupLabels", "GroupLabels"), ("commonLabels", "CommonLabels"), ("commonAnnotations", "CommonAnnotations"),
            ("routeLabels", "RouteLabels"), ("externalURL", "ExternalURL"),
        ]
        return names.map { ($0.0, field($0.1)) }
    }
}

/// `.Alerts`: a list with two methods.
struct AlertsObject: TemplateObject {
    let alerts: [NotificationData.Alert]

    var typeName: String { "template.Alerts" }
    var printed: [UInt8] { JSONText.bytes(.object(self)) }
    var plain: TemplateValue? { AlertsObject.list(alerts) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Firing": method { AlertsObject.list(alerts.filter { !$0.isResolved }) }
        case "Resolved": method { AlertsObject.list(alerts.filter(\.isResolved)) }
        default: nil
        }
    }

    private static func list(_ alerts: [NotificationData.Alert]) -> TemplateValue { .list(alerts.map { .object(AlertObject(alert: $0)) }) }
}

struct AlertObject: TemplateObject, JSONValue {
    let alert: NotificationData.Alert

    var typeName: String { "template.Alert" }
    var printed: [UInt8] { JSONText.bytes(.object(self)) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Status": .field(.text(alert.status))
        case "Labels": .field(.object(LabelsObject(labels: alert.labels)))
        case "Annotations": .field(.object(LabelsObject(labels: alert.annotations)))
        case "StartsAt": .field(.time(AlertObject.time(alert.startsAt)))
        case "EndsAt": .field(.time(alert.endsAt.map { AlertObject.time($0) } ?? .zero))
        case "GeneratorURL": .field(.text(alert.generatorURL))
        case "Fingerprint": .field(.text(alert.fingerprint.description))
        default: nil
        }
    }

    static func time(_ moment: Timestamp) -> GoTime {
        let milliseconds = moment
        let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        return GoTime(seconds: seconds, nanosecond: Int32(truncatingIfNeeded: milliseconds &- seconds &* 1000) * 1_000_000)
    }

    var json: [(name: String, value: TemplateValue)] {
        let names = [
            ("status", "Status"), ("labels", "Labels"), ("annotations", "Annotations"), ("startsAt", "StartsAt"), ("endsAt", "EndsAt"),
            ("generatorURL", "GeneratorURL"), ("fingerprint", "Fingerprint"),
        ]
        return names.map { ($0.0, field($0.1)) }
    }
}

/// Alertmanager's `KV`: a map from names to values with a few methods.
struct LabelsObject: TemplateObject {
    /// Sorted by name.
    let labels: [Label]

    var typeName: String { "template.KV" }
    var printed: [UInt8] { PairsObject(pairs: sorted).printed }
    var plain: TemplateValue? { .map(.strings(labels.map { ($0.name, $0.value) })) }

    /// By name, but for the alert's, which comes first.
    private var sorted: [Label] { labels.filter { $0.name == "alertname" } + labels.filter { $0.name != "alertname" } }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "SortedPairs": return method { .object(PairsObject(pairs: sorted)) }
        case "Names": return method { .object(StringsObject(texts: sorted.map(\.name))) }
        case "Values": return method { .object(StringsObject(texts: sorted.map(\.value))) }
        case "String": return method { .string(printed) }
        case "Remove":
            return .method(
                TemplateFunction([.list]) { call throws(TemplateFault) in
                    guard case .list(let elements) = call.arguments[0] else { return .object(self) }
                    var names: Set<[UInt8]> = []
                    for element in elements {
                        guard case .string(let name) = element else { throw TemplateFault("Remove takes a list of strings") }
                        names.insert(name)
                    }
                    return .object(LabelsObject(labels: labels.filter { !names.contains(Array($0.name.utf8)) }))
                })
        default: return .field(.text(labels.first { $0.name.utf8.elementsEqual(name.utf8) }?.value ?? ""))
        }
    }
}

/// Alertmanager's `Pairs`.
struct PairsObject: TemplateObject {
    let pairs: [Label]

    var typeName: String { "template.Pairs" }
    var printed: [UInt8] { Array(pairs.map { $0.name + "=" + $0.value }.joined(separator: ", ").utf8) }
    var plain: TemplateValue? { .list(pairs.map { .object(PairObject(label: $0)) }) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Names": method { .object(StringsObject(texts: pairs.map(\.name))) }
        case "Values": method { .object(StringsObject(texts: pairs.map(\.value))) }
        case "String": method { .string(printed) }
        default: nil
        }
    }
}

struct PairObject: TemplateObject, JSONValue {
    let label: Label

    var typeName: String { "template.Pair" }
    var printed: [UInt8] { Array("{\(label.name) \(label.value)}".utf8) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Name": .field(.text(label.name))
        case "Value": .field(.text(label.value))
        default: nil
        }
    }

    var json: [(name: String, value: TemplateValue)] { [("Name", .text(label.name)), ("Value", .text(label.value))] }
}

/// Alertmanager's `Strings`: a list of texts with a method.
struct StringsObject: TemplateObject {
    let texts: [String]

    var typeName: String { "template.Strings" }
    var printed: [UInt8] { Array(("[" + texts.joined(separator: " ") + "]").utf8) }
    var plain: TemplateValue? { .list(texts.map { .text($0) }) }

    func member(_ name: String) -> TemplateMember? {
        guard name == "Join" else { return nil }
        return .method(
            TemplateFunction([.string]) { call throws(TemplateFault) in .text(texts.joined(separator: call.text(0))) })
    }
}

extension TemplateObject {
    fileprivate func method(_ value: @escaping @Sendable () -> TemplateValue) -> TemplateMember {
        .method(TemplateFunction([]) { _ throws(TemplateFault) in value() })
    }

    fileprivate func field(_ name: String) -> TemplateValue {
        if case .field(let value) = member(name) { value } else { .none }
    }
}
