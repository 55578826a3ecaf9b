internal import AlertModel
internal import GoTemplate
internal import TelemetryModel

/// The templates that notifications are written with: Perch's own, and those of the files that the configuration names.
struct NotificationTemplates: Sendable {
    private var templates: TemplateSet

    /// Perch's own.
    init(zone: @escaping @Sendable (String) -> GoTimeZone?) throws(TemplateError) {
        templates = TemplateSet(functions: NotificationFunctions.table(zone: zone))
        try templates.add(DefaultTemplates.texts, name: "default.tmpl")
        try templates.add(DefaultTemplates.mail, name: "email.tmpl")
    }

    /// The names of all templates.
    var names: [String] { templates.names }

    /// Adds a file; a template that is there already is replaced.
    mutating func add(_ text: String, file: String) throws(TemplateError) {
        try templates.add(text, name: file.split(separator: "/").last.map(String.init) ?? file)
    }

    /// A view on one notification, with which its texts are expanded.
    func expander(_ data: NotificationData) -> TemplateExpander { TemplateExpander(templates: templates, data: data) }
}

/// Expands templates of the configuration for one notification.
struct TemplateExpander: Sendable {
    private let templates: TemplateSet
    let data: NotificationData
    private let provided: [TemplateValue]

    fileprivate init(templates: TemplateSet, data: NotificationData) {
        self.templates = templates
        self.data = data
        provided = [.time(AlertObject.time(data.now)), .map(.strings(data.routeLabels.map { ($0.name, $0.value) }))]
    }

    /// The same for another state of the notification.
    func with(_ notification: Notification) -> TemplateExpander {
        var changed = NotificationData(notification, externalURL: data.externalURL)
        changed.routeLabels = data.routeLabels
        return TemplateExpander(templates: templates, data: changed)
    }

    /// What a template makes of the notification.
    func text(_ template: String) throws(DeliveryFailure) -> String { try expand(template, isHTML: false) }

    /// The same as HTML, values escaped by where they stand.
    func html(_ template: String) throws(DeliveryFailure) -> String { try expand(template, isHTML: true) }

    private func expand(_ template: String, isHTML: Bool) throws(DeliveryFailure) -> String {
        guard template.contains("{{") else { return template }
        do throws(TemplateError) {
            var set = templates
            try set.add(template, name: "")
            return try set.text("", .object(DataObject(data: data)), provided: provided, isHTML: isHTML)
        } catch {
            throw DeliveryFailure(.configuration, "executing the template failed: \(error.message)")
        }
    }

    /// A value of the configuration with its templates carried out. A text that comes out as YAML of another kind (a number, a list, a map)
    /// becomes that, as in Alertmanager.
    func value(_ payload: PayloadTemplate) throws(DeliveryFailure) -> TemplateValue {
        switch payload {
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(Int64(value))
        case .float(let value): return .float(value)
        case .text(let template): return StructuredText.value(try text(template))
        case .list(let elements):
            var values: [TemplateValue] = []
            for element in elements { values.append(try value(element)) }
            return .list(values)
        case .map(let entries):
            var members: [(key: [UInt8], value: TemplateValue)] = []
            for entry in entries { members.append((Array(try text(entry.name).utf8), try value(entry.value))) }
            return .map(TemplateMap(members))
        }
    }
}
