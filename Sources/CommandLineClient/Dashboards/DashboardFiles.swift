internal import ConfigFile
internal import Dashboards
internal import Foundation

/// Dashboards as they are named on the command line.
enum DashboardFiles {
    /// The files that arguments stand for: themselves, what their patterns match, and all `.json` in and below folders; each once.
    ///
    /// - Throws: ``ClientError`` with status `usage` where there is nothing.
    static func paths(_ arguments: [String]) throws(ClientError) -> [String] {
        var paths: [String] = []
        var known: Set<String> = []
        for argument in arguments {
            let found = try files(argument)
            if found.isEmpty { throw .usage("there is no dashboard in \(argument)") }
            for path in found where known.insert(path).inserted { paths.append(path) }
        }
        return paths
    }

    private static func files(_ argument: String) throws(ClientError) -> [String] {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) {
            guard isFolder.boolValue else { return [argument] }
            let folder = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
            let names = FileManager.default.enumerator(atPath: argument)?.compactMap { $0 as? String } ?? []
            return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") && !$0.contains("/.") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { folder + "/" + $0 }
        }
        let pattern = PathPattern(argument)
        if pattern.isPlain { throw .usage("\(argument): no such file or folder") }
        return pattern.matchingPaths()
    }

    /// The checks of all files, with what is only seen side by side.
    static func checks(_ paths: [String]) -> [(check: DashboardCheck, findings: [DashboardFinding])] {
        let checks = paths.map { path in
            do throws(ConfigError) {
                return DashboardCheck(try RuleFileInput.text(of: path), file: path)
            } catch {
                return DashboardCheck(file: path, fault: error.message)
            }
        }
        return zip(checks, DashboardSet.findings(checks)).map { ($0, $0.findings + $1) }
    }
}
