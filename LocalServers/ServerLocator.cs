namespace Wyckoff.LocalServers;

/// <summary>Finds the programs of PostgreSQL and Redis on this machine. On Debian-based systems it installs missing ones.</summary>
public sealed class ServerLocator(ServerHome home, Action<string> log)
{
    // The exit code of install-servers on a machine where it cannot work.
    private const int CannotInstallHere = 3;

    /// <summary>Returns the edition named by WYCKOFF_EDITION, or Best.</summary>
    public static PostgresEdition EditionFromEnvironment() =>
        Environment.GetEnvironmentVariable("WYCKOFF_EDITION") switch
        {
            null or "" => PostgresEdition.Best,
            "community" => PostgresEdition.Community,
            "apache" => PostgresEdition.Apache,
            "plain" => PostgresEdition.Plain,
            var other => throw new LocalServerException($"WYCKOFF_EDITION is '{other}': say community, apache or plain."),
        };

    /// <summary>Finds or installs PostgreSQL with the wanted edition of TimescaleDB.</summary>
    public async Task<PostgresBinaries> FindPostgresAsync(PostgresEdition wish, CancellationToken cancellationToken)
    {
        if (wish == PostgresEdition.Best)
        {
            wish = EditionFromEnvironment();
        }
        // Plain only means that the extension is not preloaded, so any binaries fit.
        bool Fits(PostgresBinaries found) =>
            wish switch
            {
                PostgresEdition.Plain => true,
                PostgresEdition.Best => found.Edition != PostgresEdition.Plain,
                _ => found.Edition == wish,
            };

        var candidates = new List<PostgresBinaries>();
        foreach (var root in await home.FindRootsAsync(log, cancellationToken))
        {
            candidates.AddRange(await InspectAsync(BinFoldersIn(root), cancellationToken));
        }

        var found = candidates.Where(Fits).MinBy(binaries => binaries.Edition);
        List<PostgresBinaries> system = [];
        if (found is null)
        {
            system = await InspectAsync(SystemBinFolders(), cancellationToken);
            found = system
                .Where(binaries => binaries.Major >= PostgresBinaries.OldestMajor && Fits(binaries))
                .OrderBy(binaries => binaries.Edition)
                .ThenByDescending(binaries => binaries.Major)
                .FirstOrDefault();
        }
        if (found is null && wish == PostgresEdition.Community)
        {
            throw new LocalServerException(
                "There is no PostgreSQL with TimescaleDB Community here: "
                    + $"put one into {home.Servers}/community (usr/lib/postgresql/<major>/bin below it), or start a container engine."
            );
        }

        if (found is null)
        {
            // Installing takes seconds and provides hypertables. An existing PostgreSQL without TimescaleDB is used only if the
            // installation fails.
            var plain =
                wish == PostgresEdition.Apache
                    ? null
                    : candidates
                        .Concat(system)
                        .Where(binaries => binaries.Major >= PostgresBinaries.OldestMajor)
                        .MaxBy(binaries => binaries.Major);
            try
            {
                await InstallAsync("postgres", system, cancellationToken);
                found =
                    (await InspectAsync(BinFoldersIn(Path.Combine(home.Servers, "apache")), cancellationToken)).FirstOrDefault(Fits)
                    ?? throw new LocalServerException(
                        $"{home.Servers}/apache holds no PostgreSQL that runs: delete the folder and start again."
                    );
            }
            catch (LocalServerException e) when (plain is not null)
            {
                log($"No TimescaleDB ({e.Message.Split(';')[0]}); using the plain PostgreSQL in {plain.BinFolder}");
                found = plain;
            }
        }
        log(
            $"PostgreSQL {found.Version} in {found.BinFolder}"
                + (found.EditionVersion is null ? "" : $", TimescaleDB {found.EditionVersion} {found.Edition}")
        );
        return wish == PostgresEdition.Plain ? found.AsPlain() : found;
    }

    /// <summary>Finds redis-server or the compatible valkey-server, or installs redis-server.</summary>
    public async Task<string> FindRedisAsync(CancellationToken cancellationToken)
    {
        string? InRoots(IEnumerable<string> roots) =>
            roots.Select(root => Path.Combine(root, "usr/bin/redis-server")).FirstOrDefault(File.Exists);
        if (
            (InRoots(await home.FindRootsAsync(log, cancellationToken)) ?? Tool.OnPath("redis-server") ?? Tool.OnPath("valkey-server")) is
            { } found
        )
        {
            return found;
        }

        await InstallAsync("redis", [], cancellationToken);
        return InRoots([Path.Combine(home.Servers, "redis")])
            ?? throw new LocalServerException($"{home.Servers}/redis holds no redis-server: delete the folder and start again.");
    }

    private static IEnumerable<string> BinFoldersIn(string root)
    {
        var versions = Path.Combine(root, "usr/lib/postgresql");
        return Directory.Exists(versions) ? Directory.EnumerateDirectories(versions).Select(version => Path.Combine(version, "bin")) : [];
    }

    private static IEnumerable<string> SystemBinFolders() =>
        new[] { Tool.OnPath("postgres"), Tool.OnPath("initdb") }
            .OfType<string>()
            .Select(program => Path.GetDirectoryName(program)!)
            .Concat(BinFoldersIn("/"))
            .Concat(
                new[] { "/opt/homebrew/opt", "/usr/local/opt" }
                    .Where(Directory.Exists)
                    .SelectMany(folder => Directory.EnumerateDirectories(folder, "postgresql*"))
                    .Select(formula => Path.Combine(formula, "bin"))
            )
            .Distinct(StringComparer.Ordinal);

    private static async Task<List<PostgresBinaries>> InspectAsync(IEnumerable<string> binFolders, CancellationToken cancellationToken)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in binFolders)
        {
            if (await PostgresBinaries.InspectAsync(folder, cancellationToken) is { } binaries)
            {
                found.Add(binaries);
            }
        }
        return found;
    }

    private async Task InstallAsync(string server, IReadOnlyList<PostgresBinaries> tooOld, CancellationToken cancellationToken)
    {
        var bash = Tool.OnPath("bash");
        var (code, _, error) = bash is null
            ? (CannotInstallHere, "", $"bash is missing; {Tool.ThreeWaysOut}")
            : await Tool.RunAsync([bash, Tool.Script("install-servers"), home.Folder, server], cancellationToken, log);
        if (code == CannotInstallHere && tooOld.MaxBy(binaries => binaries.Major) is { Major: < PostgresBinaries.OldestMajor } old)
        {
            throw new LocalServerException(
                $"PostgreSQL {old.Version} in {old.BinFolder} is too old, {PostgresBinaries.OldestMajor} is the oldest that will do; "
                    + Tool.ThreeWaysOut
            );
        }

        if (code != 0)
        {
            throw new LocalServerException(
                error.Length > 0 ? error : $"Installing {server} into {home.Servers} failed with exit code {code}."
            );
        }
    }
}
