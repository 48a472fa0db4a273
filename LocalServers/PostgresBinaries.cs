using System.Globalization;

namespace Wyckoff.LocalServers;

/// <summary>The edition of TimescaleDB.</summary>
public enum PostgresEdition
{
    /// <summary>A request for the best edition found, in the order of this enumeration.</summary>
    Best,
    Community,
    Apache,

    /// <summary>PostgreSQL without TimescaleDB preloaded, even if the extension is installed.</summary>
    Plain,
}

/// <summary>The programs of a PostgreSQL installation, and the TimescaleDB extension installed there.</summary>
/// <param name="BinFolder">The folder of postgres, initdb, psql and the other programs.</param>
/// <param name="Version">The version of PostgreSQL, for example 17.11.</param>
/// <param name="Edition">The edition by the files of the extension; never Best.</param>
/// <param name="EditionVersion">The version of TimescaleDB, or null.</param>
public sealed record PostgresBinaries(string BinFolder, string Version, PostgresEdition Edition, string? EditionVersion)
{
    public const int OldestMajor = 15;

    public int Major => MajorOf(Version);

    public string Program(string name) => Path.Combine(BinFolder, name);

    internal PostgresBinaries AsPlain() => this with { Edition = PostgresEdition.Plain, EditionVersion = null };

    /// <summary>Inspects a folder. Returns null if it has no PostgreSQL server or the server does not run.</summary>
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

        // The layouts of Debian, upstream and Homebrew.
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
