using System.Globalization;

namespace Wyckoff.LocalServers;

/// <summary>Best takes what is found, in the order Community, Apache, Plain. Plain is PostgreSQL without TimescaleDB preloaded, whatever the binaries could do.</summary>
public enum PostgresEdition
{
    Best,
    Community,
    Apache,
    Plain,
}

/// <summary>The programs of one PostgreSQL and the TimescaleDB that lies with them.</summary>
/// <param name="BinFolder">Where postgres, initdb, psql and their like are.</param>
/// <param name="Version">For example 17.11.</param>
/// <param name="Edition">What the extension's files say: never Best.</param>
/// <param name="EditionVersion">TimescaleDB's version, or null.</param>
public sealed record PostgresBinaries(string BinFolder, string Version, PostgresEdition Edition, string? EditionVersion)
{
    public const int OldestMajor = 15;

    public int Major => MajorOf(Version);

    public string Program(string name) => Path.Combine(BinFolder, name);

    internal PostgresBinaries AsPlain() => this with { Edition = PostgresEdition.Plain, EditionVersion = null };

    /// <summary>Null when there is no PostgreSQL server in the folder, or none that runs.</summary>
    public static async Task<PostgresBinaries?> InspectAsync(string binFolder, CancellationToken cancellationToken)
    {
        var postgres = Path.Combine(binFolder, "postgres");
        if (!File.Exists(postgres) || !File.Exists(Path.Combine(binFolder, "initdb")))
        {
            return null;
        }

        var (code, output, _) = await Tool.RunAsync([postgres, "--version"], cancellationToken);
        // "postgres (PostgreSQL) 17.11 (Debian 17.11-0+deb13u1)"
        if (code != 0 || output.Split(' ') is not [_, _, var version, ..] || MajorOf(version) is not (> 0 and var major))
        {
            return null;
        }

        // Debian's layout, upstream's, Homebrew's.
        string[] shares = [$"../../../../share/postgresql/{major}", $"../share/postgresql@{major}", "../share/postgresql", "../share"];
        string[] libraries = ["../lib", "../lib/postgresql", $"../lib/postgresql@{major}", "../lib64/pgsql"];
        var control = shares.Select(share => Path.Combine(binFolder, share, "extension/timescaledb.control")).FirstOrDefault(File.Exists);
        if (control is null)
        {
            return new(binFolder, version, PostgresEdition.Plain, null);
        }

        var isCommunity = libraries
            .Select(library => Path.Combine(binFolder, library))
            .Where(Directory.Exists)
            .Any(library => Directory.EnumerateFiles(library, "timescaledb-tsl-*").Any());
        var editionVersion = (await File.ReadAllLinesAsync(control, cancellationToken))
            .FirstOrDefault(line => line.StartsWith("default_version", StringComparison.Ordinal))
            ?.Split('\'')[1];
        return new(binFolder, version, isCommunity ? PostgresEdition.Community : PostgresEdition.Apache, editionVersion);
    }

    private static int MajorOf(string version) =>
        int.TryParse(new string([.. version.TakeWhile(char.IsAsciiDigit)]), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : 0;
}
