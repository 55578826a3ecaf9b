internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// Makes labels of what OpenTelemetry says of series: names by the translation, what resources and scopes have in common once for each.
///
/// For series that are not known yet; texts and lists are made here.
struct OTLPLabels: Sendable {
    /// Why there are no labels.
    struct Refusal: Error {
        let text: String
    }

    private let options: OTLPMetricOptions
    private let labelNamer: OTLPLabelNamer
    /// Names of attributes that were translated already.
    private var names: [String: String] = [:]
    private static let namesMax = 4096

    private var resource = Resource()
    private var scope: [Label] = []

    /// What all series of a resource have.
    private struct Resource: Sendable {
        var promoted: [Label] = []
        var job = ""
        var instance = ""
    }

    static let identifying = ["service.namespace", "service.name", "service.instance.id"]

    init(_ options: OTLPMetricOptions) {
        self.options = options
        labelNamer = options.labelNamer
    }

    /// Begins a resource.
    mutating func beginResource(_ body: Range<Int>, of message: UnsafeRawBufferPointer) throws {
        resource = Resource()
        scope = []
        var name = ""
        var namespace: String?
        var hasName = false
        for place in try OTLPAttributes.ofResource(body, of: message) {
            let key = String(decoding: message[place.key], as: UTF8.self)
            let isPromoted = options.promotion.includes(key)
            guard isPromoted || OTLPLabels.identifying.contains(key) else { continue }
            let value = try OTLPAttributes.text(place.value, of: message)
            switch key {
            case "service.name": (name, hasName) = (value, true)
            case "service.namespace": namespace = value
            case "service.instance.id": resource.instance = value
            default: break
            }
            if isPromoted { OTLPLabels.set(try translated(key), value, in: &resource.promoted) }
        }
        if hasName { resource.job = namespace.map { $0 + "/" + name } ?? name }
    }

    /// Begins a scope of the resource.
    mutating func beginScope(_ origin: ScannedOrigin, of message: UnsafeRawBufferPointer) throws {
        scope = []
        guard options.promotesScope else { return }
        var name = ""
        var version = ""
        var cursor = ProtobufCursor(message, in: origin.body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: name = String(decoding: message[try cursor.readRange()], as: UTF8.self)
            case 0x12: version = String(decoding: message[try cursor.readRange()], as: UTF8.self)
            default: try cursor.skip(tag)
            }
        }
        if name.isEmpty { return }
        for place in try OTLPAttributes.ofScope(origin.body, of: message) {
            let key = String(decoding: message[place.key], as: UTF8.self)
            OTLPLabels.set(try translated("otel_scope_" + key), try OTLPAttributes.text(place.value, of: message), in: &scope)
        }
        OTLPLabels.set("otel_scope_name", name, in: &scope)
        OTLPLabels.set("otel_scope_version", version, in: &scope)
        OTLPLabels.set("otel_scope_schema_url", String(decoding: message[origin.schemaURL], as: UTF8.self), in: &scope)
    }

    /// The labels of a point but for its name, with those of its resource and scope.
    mutating func ofPoint(
        _ attributes: [Range<Int>], of message: UnsafeRawBufferPointer, metadata: MetricMetadata
    ) throws -> [Label] {
        var places: [OTLPAttributes.Place] = []
        places.reserveCapacity(attributes.count)
        for attribute in attributes { places.append(try OTLPAttributes.read(attribute, of: message)) }
        var labels = try joined(places, of: message) { $0 != LabelName.metricName }
        for label in resource.promoted where OTLPLabels.value(of: label.name, in: labels).isEmpty {
            OTLPLabels.set(label.name, label.value, in: &labels)
        }
        setIdentity(in: &labels)
        for label in scope { OTLPLabels.set(label.name, label.value, in: &labels) }
        if options.writesTypeAndUnit {
            if metadata.type != .unknown { OTLPLabels.set(LabelName.metricType, metadata.type.rawValue, in: &labels) }
            OTLPLabels.set(LabelName.metricUnit, metadata.unit, in: &labels)
        }
        return labels
    }

    /// The labels of the resource's `target_info`; nil where it would say nothing, or nobody could tell whose it is.
    mutating func ofTarget(_ body: Range<Int>, of message: UnsafeRawBufferPointer) throws -> [Label]? {
        let keepsAll = options.keepsIdentifyingAttributes
        var labels = try joined(try OTLPAttributes.ofResource(body, of: message), of: message) {
            keepsAll || !OTLPLabels.identifying.contains($0)
        }
        setIdentity(in: &labels)
        OTLPLabels.set(LabelName.metricName, "target_info", in: &labels)
        return labels.contains { $0.name == LabelName.job || $0.name == LabelName.instance } ? labels : nil
    }

    private func setIdentity(in labels: inout [Label]) {
        if !resource.job.isEmpty { OTLPLabels.set(LabelName.job, resource.job, in: &labels) }
        if !resource.instance.isEmpty { OTLPLabels.set(LabelName.instance, resource.instance, in: &labels) }
    }

    /// Attributes as labels. Where several get one name by the translation, their values are joined with `;` in the order of the attributes' names.
    private mutating func joined(
        _ places: [OTLPAttributes.Place], of message: UnsafeRawBufferPointer, where isTaken: (String) -> Bool
    ) throws -> [Label] {
        var attributes: [Label] = []
        attributes.reserveCapacity(places.count)
        for place in places {
            let key = String(decoding: message[place.key], as: UTF8.self)
            if isTaken(key) { attributes.append(Label(name: key, value: try OTLPAttributes.text(place.value, of: message))) }
        }
        attributes.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var labels: [Label] = []
        labels.reserveCapacity(attributes.count + 8)
        for attribute in attributes {
            let name = try translated(attribute.name)
            let present = options.strategy.escapes ? OTLPLabels.value(of: name, in: labels) : ""
            OTLPLabels.set(name, present.isEmpty ? attribute.value : present + ";" + attribute.value, in: &labels)
        }
        return labels
    }

    private mutating func translated(_ name: String) throws -> String {
        if let known = names[name] { return known }
        let translated: String
        do throws(OTLPNameError) { translated = try labelNamer.name(name) } catch { throw Refusal(text: error.description) }
        if names.count >= OTLPLabels.namesMax { names.removeAll(keepingCapacity: true) }
        names[name] = translated
        return translated
    }

    private static func value(of name: String, in labels: [Label]) -> String {
        labels.first { $0.name.utf8.elementsEqual(name.utf8) }?.value ?? ""
    }

    /// Sets a label; an empty value removes it.
    static func set(_ name: String, _ value: String, in labels: inout [Label]) {
        if let index = labels.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            if value.isEmpty { labels.remove(at: index) } else { labels[index].value = value }
        } else if !value.isEmpty {
            labels.append(Label(name: name, value: value))
        }
    }
}
