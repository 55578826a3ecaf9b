import ConfigFile
import Foundation
import GoTemplate

/// Makes manifests of a chart: Go's templates with those functions of Helm and Sprig that the chart uses.
///
/// What `toYaml` gives is JSON, which is YAML as well. `required`, `lookup` and the like are not there: a chart that uses them does not render.
struct HelmRenderer {
    private var templates: TemplateSet
    private let names: [String]
    private let chart: TemplateValue
    private let defaults: TemplateValue

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    init(chart folder: URL) throws {
        templates = TemplateSet(functions: HelmFunctions.table)
        defaults = try Self.value(ofYAML: try String(contentsOf: folder.appending(path: "values.yaml"), encoding: .utf8))
        var about: [String: TemplateValue] = [:]
        if case .map(let map) = try Self.value(ofYAML: try String(contentsOf: folder.appending(path: "Chart.yaml"), encoding: .utf8)) {
            for (key, value) in zip(map.keys, map.values) {
                let name = String(decoding: key, as: UTF8.self)
                about[name.prefix(1).uppercased() + name.dropFirst()] = value
            }
        }
        chart = Self.map(about)
        let folder = folder.appending(path: "templates")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        for file in files {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            do { try templates.add(text, name: file) } catch { throw Failure("\(file): \(error)") }
        }
        names = files.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".txt") }
    }

    /// What each file of the chart becomes.
    ///
    /// - Parameter values: YAML that is laid over the chart's own values.
    func render(values: String = "", release: String = "perch", namespace: String = "monitoring") throws -> [(name: String, text: String)] {
        let over = try values.isEmpty ? TemplateValue.none : Self.value(ofYAML: values)
        let root = Self.map([
            "Values": HelmFunctions.merged(over, defaults), "Chart": chart,
            "Release": Self.map(["Name": .text(release), "Namespace": .text(namespace), "Service": .text("Helm")]),
        ])
        return try names.map { name in
            do { return (name, try templates.text(name, root)) } catch { throw Failure("\(name): \(error)") }
        }
    }

    private static func map(_ entries: [String: TemplateValue]) -> TemplateValue {
        .map(TemplateMap(entries.map { (key: Array($0.key.utf8), value: $0.value) }))
    }

    static func value(ofYAML text: String) throws -> TemplateValue {
        do { return try value(of: try ConfigDocument(parsing: text, file: "values").root) } catch { throw Failure("\(error)") }
    }

    private static func value(of node: ConfigNode) throws(ConfigError) -> TemplateValue {
        switch node.kind {
        case .nothing: return .none
        case .list: return .list(try node.list { (element) throws(ConfigError) in try value(of: element) })
        case .mapping:
            let entries = try node.entries { (_, element) throws(ConfigError) in try value(of: element) }
            return .map(TemplateMap(entries.map { (key: Array($0.key.utf8), value: $0.value) }))
        case .scalar:
            if let flag = try? node.bool() { return .bool(flag) }
            if let number = try? node.int() { return .int(Int64(number)) }
            if let number = try? node.double() { return .float(number) }
            return .text(try node.string())
        }
    }
}

/// Functions that Helm and Sprig add to those of Go, as far as the chart uses them.
enum HelmFunctions {
    static let table: FunctionTable = {
        var table = FunctionTable.builtin
        addTexts(&table)
        addValues(&table)
        return table
    }()

    private static func addTexts(_ table: inout FunctionTable) {
        table.add("quote", [.any]) { call throws(TemplateFault) in .text(json(.text(plain(call.arguments[0])))) }
        table.add("upper", [.string]) { call throws(TemplateFault) in .text(call.text(0).uppercased()) }
        table.add("trunc", [.int, .string]) { call throws(TemplateFault) in .text(String(call.text(1).prefix(call.int(0)))) }
        table.add("trimSuffix", [.string, .string]) { call throws(TemplateFault) in
            .text(call.text(1).hasSuffix(call.text(0)) ? String(call.text(1).dropLast(call.text(0).count)) : call.text(1))
        }
        table.add("contains", [.string, .string]) { call throws(TemplateFault) in .bool(call.text(1).contains(call.text(0))) }
        table.add("nindent", [.int, .string]) { call throws(TemplateFault) in
            let indent = String(repeating: " ", count: call.int(0))
            let lines = call.text(1).split(separator: "\n", omittingEmptySubsequences: false)
            return .text("\n" + lines.map { indent + $0 }.joined(separator: "\n"))
        }
        table.add("splitList", [.string, .string]) { call throws(TemplateFault) in
            .list(call.text(1).components(separatedBy: call.text(0)).map { .text($0) })
        }
        // Not random, so that one rendering is like the other.
        table.add("randAlphaNum", [.int]) { call throws(TemplateFault) in .text(String(repeating: "x", count: call.int(0))) }
        table.add("sha256sum", [.string]) { call throws(TemplateFault) in
            .text(
                String(call.text(0).utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16))
        }
    }

    private static func addValues(_ table: inout FunctionTable) {
        table.add("include", [.string, .any]) { call throws(TemplateFault) in .string(try call.expand(call.text(0), call.arguments[1])) }
        table.add("default", [.any, .any]) { call throws(TemplateFault) in call.arguments[1].isTrue ? call.arguments[1] : call.arguments[0]
        }
        table.add("ternary", [.any, .any, .bool]) { call throws(TemplateFault) in
            call.arguments[2].isTrue ? call.arguments[0] : call.arguments[1]
        }
        table.add("list", variadic: .any) { call throws(TemplateFault) in .list(call.arguments) }
        table.add("append", [.list, .any]) { call throws(TemplateFault) in
            guard case .list(let elements) = call.arguments[0] else { throw TemplateFault("append: no list") }
            return .list(elements + [call.arguments[1]])
        }
        table.add("dict", variadic: .any) { call throws(TemplateFault) in
            guard call.arguments.count % 2 == 0 else { throw TemplateFault("dict: a name without a value") }
            return .map(
                TemplateMap(
                    stride(from: 0, to: call.arguments.count, by: 2).map {
                        (key: Array(plain(call.arguments[$0]).utf8), value: call.arguments[$0 + 1])
                    }))
        }
        table.add("merge", [.map, .map]) { call throws(TemplateFault) in merged(call.arguments[0], call.arguments[1]) }
        table.add("float64", [.any]) { call throws(TemplateFault) in
            guard let number = Double(plain(call.arguments[0])) else { throw TemplateFault("float64: no number") }
            return .float(number)
        }
        table.add("toJson", [.any]) { call throws(TemplateFault) in .text(json(call.arguments[0])) }
        table.add("toYaml", [.any]) { call throws(TemplateFault) in .text(json(call.arguments[0])) }
    }

    /// A map over another; of what both have, the first counts, maps within each other being merged as well.
    static func merged(_ over: TemplateValue, _ under: TemplateValue) -> TemplateValue {
        guard case .map(let first) = over, case .map(let second) = under else {
            if case .none = over { return under }
            return over
        }
        var entries = zip(second.keys, second.values).map { (key: $0, value: $1) }
        for (key, value) in zip(first.keys, first.values) { entries.append((key, merged(value, second[key] ?? .none))) }
        return .map(TemplateMap(entries))
    }

    private static func plain(_ value: TemplateValue) -> String {
        switch value {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .int(let number): String(number)
        case .float(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .bool(let flag): String(flag)
        default: ""
        }
    }

    static func json(_ value: TemplateValue) -> String {
        switch value {
        case .string(let bytes):
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return (try? encoder.encode(String(decoding: bytes, as: UTF8.self))).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        case .list(let elements): return "[" + elements.map(json).joined(separator: ", ") + "]"
        case .map(let map):
            return "{" + zip(map.keys, map.values).map { json(.string($0)) + ": " + json($1) }.joined(separator: ", ") + "}"
        case .int, .float, .bool: return plain(value)
        default: return "null"
        }
    }
}
