import Foundation
import Testing

/// The Debian package, made of the program of this build.
@Suite struct DebianPackageTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test(.enabled(if: installed("dpkg-deb") != nil, "dpkg-deb is not installed"), .timeLimit(.minutes(10)))
    func `the package has the program, the unit and a configuration that the program takes`() async throws {
        let folder = try TemporaryFolder()
        // A small program stands in for the real one, which takes minutes to compress where it is not optimized.
        let program = try folder.write(
            "#!/bin/sh\ncase \"$1\" in version) echo perch 0.1.0 ;; *) echo complete ;; esac\n", to: "perch")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let made = try await run(Self.repository.appending(path: "scripts/package-deb.sh").path, [program, folder.path])
        #expect(made.status == 0, "\(made.output)\(made.error)")
        let package = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let fields = try await run("/usr/bin/dpkg-deb", ["--field", package, "Package", "Version", "Depends"])
        #expect(fields.output.contains("Package: perch\nVersion: 0.1.0\n"))
        #expect(fields.output.contains("adduser"))

        let root = folder.path + "/root"
        let unpacked = try await run("/usr/bin/dpkg-deb", ["--raw-extract", package, root])
        #expect(unpacked.status == 0, "\(unpacked.error)")
        for file in [
            "usr/bin/perch", "usr/lib/systemd/system/perch.service", "usr/share/man/man1/perch.1.gz", "usr/share/doc/perch/copyright",
        ] {
            #expect(FileManager.default.fileExists(atPath: root + "/" + file), "\(file)")
        }
        let conffiles = try String(contentsOfFile: root + "/DEBIAN/conffiles", encoding: .utf8)
        #expect(conffiles == "/etc/perch/alerts/perch.yml\n/etc/perch/perch.yml\n")
        for script in ["postinst", "prerm", "postrm"] {
            let checked = try await run("/bin/sh", ["-n", root + "/DEBIAN/" + script])
            #expect(checked.status == 0, "\(script): \(checked.error)")
        }
        let owners = try await run("/usr/bin/dpkg-deb", ["--contents", package])
        #expect(!owners.output.split(separator: "\n").contains { !$0.contains("root/root") })
        let checked = try await run(PerchProcess.executable, ["config", "check", root + "/etc/perch/perch.yml"])
        #expect(checked.status == 0, "\(checked.output)\(checked.error)")
    }
}
