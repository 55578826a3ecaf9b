import Foundation
import GoTemplate
import TestSupport

/// The services of a Compose file that are this project's own programs, as processes without containers: what a name and port stand for is
/// mapped to a free port of this machine, what a volume brings is copied, and all else is as the file says.
struct ComposeTopology {
    struct Process {
        var name: String
        var program: String
        var arguments: [String]
        var environment: [String: String]
    }

    private let folder: String
    private let base: URL
    private let services: [(name: String, definition: TemplateValue)]
    /// Of this machine, by `name:port` of the file.
    private(set) var ports: [String: Int] = [:]

    /// - Parameters:
    ///   - file: the Compose file.
    ///   - folder: where data and configuration go.
    ///   - images: programs by the names of their images; other services are left out.
    init(file: URL, folder: String, images: [String: String]) throws {
        self.folder = folder
        base = file.deletingLastPathComponent()
        let document = try HelmRenderer.value(ofYAML: try String(contentsOf: file, encoding: .utf8))
        var services: [(name: String, definition: TemplateValue)] = []
        for (name, definition) in Self.entries(Self.member(document, "services")) {
            guard let image = Self.text(Self.member(definition, "image")), images[image] != nil else { continue }
            services.append((name, definition))
        }
        self.services = services
        self.images = images
        for (name, definition) in services {
            let command = Self.texts(Self.member(definition, "command"))
            for port in Self.listeningPorts(command) { ports["\(name):\(port)"] = try FreePorts.one() }
        }
    }

    private let images: [String: String]

    /// Copies what volumes bring, with names and ports as they are here.
    ///
    /// - Parameter changes: texts of files of configuration, and what to put in their place.
    func prepare(_ changes: KeyValuePairs<String, String> = [:]) throws {
        for (name, definition) in services {
            for volume in Self.texts(Self.member(definition, "volumes")) {
                let parts = volume.split(separator: ":").map(String.init)
                guard parts.count >= 2 else { throw HelmRenderer.Failure("\(name): \(volume) is no volume") }
                guard parts[0].hasPrefix(".") else {
                    try FileManager.default.createDirectory(atPath: folder + "/" + name + parts[1], withIntermediateDirectories: true)
                    continue
                }
                let source = base.appending(path: parts[0]).standardized
                let target = folder + "/" + name + parts[1]
                try FileManager.default.createDirectory(
                    atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
                    throw HelmRenderer.Failure("\(name): there is no \(source.path)")
                }
                if isFolder.boolValue {
                    try FileManager.default.copyItem(atPath: source.path, toPath: target)
                } else {
                    var text = mapped(try String(contentsOf: source, encoding: .utf8), in: name)
                    for (before, after) in changes { text = text.replacing(before, with: after) }
                    try text.write(
                        toFile: target, atomically: true, encoding: .utf8)
                }
            }
        }
    }

    /// The processes, those that others wait for first.
    var processes: [Process] {
        services.map { name, definition in
            let image = Self.text(Self.member(definition, "image")) ?? ""
            var environment: [String: String] = [:]
            for (key, value) in Self.entries(Self.member(definition, "environment")) {
                environment[key] = mapped(Self.withDefaults(Self.text(value) ?? ""), in: name)
            }
            return Process(
                name: name, program: images[image] ?? "",
                arguments: located(Self.texts(Self.member(definition, "command")), in: name), environment: environment)
        }
    }

    func port(_ name: String, _ port: Int) -> Int? { ports["\(name):\(port)"] }

    /// A command with ports, addresses and folders of this machine.
    private func located(_ command: [String], in name: String) -> [String] {
        var isPort = false
        return command.map { argument in
            defer { isPort = argument == "--port" }
            if isPort, let port = ports["\(name):\(argument)"] { return String(port) }
            var argument = argument
            for (address, port) in ports where address.hasPrefix(name + ":") {
                argument = argument.replacing("0.0.0.0:" + address.dropFirst(name.count + 1), with: "127.0.0.1:\(port)")
            }
            argument = argument.replacing("0.0.0.0", with: "127.0.0.1")
            for path in ["/etc/", "/var/lib/"] { argument = argument.replacing(path, with: folder + "/" + name + path) }
            return mapped(argument, in: name)
        }
    }

    /// A text in which `name:port` of services is where they are here.
    private func mapped(_ text: String, in name: String) -> String {
        var text = text
        for (address, port) in ports {
            let here = "127.0.0.1:\(port)"
            text = text.replacing("//" + address, with: "//" + here).replacing("'\(address)'", with: "'\(here)'")
            // Itself, as its own configuration has it.
            if address.hasPrefix(name + ":") {
                text = text.replacing("'127.0.0.1:\(address.dropFirst(name.count + 1))'", with: "'\(here)'")
            }
        }
        return text
    }

    // MARK: Reading

    private static func listeningPorts(_ command: [String]) -> [String] {
        var ports = command.compactMap { $0.firstMatch(of: /-listen=[0-9.]+:(\d+)$/).map { String($0.1) } }
        for (flag, value) in zip(command, command.dropFirst()) where flag == "--port" { ports.append(value) }
        return ports
    }

    /// `${NAME:-default}` as the default.
    private static func withDefaults(_ text: String) -> String { text.replacing(/\$\{\w+:-([^}]*)\}/) { String($0.1) } }

    private static func member(_ value: TemplateValue, _ name: String) -> TemplateValue {
        if case .map(let map) = value { map[name.utf8] ?? .none } else { .none }
    }

    private static func entries(_ value: TemplateValue) -> [(String, TemplateValue)] {
        guard case .map(let map) = value else { return [] }
        return zip(map.keys, map.values).map { (String(decoding: $0, as: UTF8.self), $1) }
    }

    private static func texts(_ value: TemplateValue) -> [String] {
        if case .list(let elements) = value { elements.compactMap(text) } else { [] }
    }

    private static func text(_ value: TemplateValue) -> String? {
        switch value {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .int(let number): String(number)
        case .bool(let flag): String(flag)
        default: nil
        }
    }
}
