namespace Wyckoff.LocalServers;

/// <summary>The folder of servers, data and passwords, and the account the servers run under.</summary>
/// <param name="Folder">
/// WYCKOFF_HOME if it is set, otherwise a folder in the user's data folder. For root it is /var/lib/wyckoff, because other accounts
/// cannot enter the home of root.
/// </param>
/// <param name="Account">The account of the servers; null for the current user. PostgreSQL refuses to run as root.</param>
/// <param name="OtherServers">Another folder with server roots, or null. A root is a folder with usr below it.</param>
public sealed record ServerHome(string Folder, string? Account, string? OtherServers)
{
    /// <summary>The environment variable that overrides the folder.</summary>
    public const string Variable = "WYCKOFF_HOME";

    public string Servers => Path.Combine(Folder, "servers");

    public string Data => Path.Combine(Folder, "data");

    public static ServerHome FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? At(given) : Default();

    /// <summary>Returns a home that uses only this folder.</summary>
    public static ServerHome At(string folder) => new(Path.GetFullPath(folder), ServerAccount(), null);

    /// <summary>Returns the path of the password file of a server or a role.</summary>
    public string PasswordFile(string name) => Path.Combine(Data, name + ".password");

    /// <summary>Returns the home that is used if none is named.</summary>
    public static ServerHome Default()
    {
        var user = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
            ? data
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share");
        return IsRoot
            ? new("/var/lib/wyckoff", ServerAccount(), Path.Combine(user, "wyckoff/servers"))
            : new(Path.GetFullPath(Path.Combine(user, "wyckoff")), null, null);
    }

    // Windows has no local servers, so an administrator needs no other account there.
    private static bool IsRoot => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows();

    private static string? ServerAccount() =>
        !IsRoot ? null
        : File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres"
        : "nobody";

    /// <summary>Returns the command line that runs the command as the account of the servers.</summary>
    public IReadOnlyList<string> Command(params IEnumerable<string> command) =>
        Account is null
            ? [.. command]
            : ["setpriv", "--reuid", Account, "--regid", Account == "nobody" ? NobodysGroup : Account, "--clear-groups", .. command];

    /// <summary>
    /// Returns the server roots, ordered by name. Roots in <see cref="OtherServers"/> are first copied to <see cref="Servers"/>, where the
    /// account of the servers can read them, if they are new or have changed.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindRootsAsync(Action<string> log, CancellationToken cancellationToken)
    {
        if (OtherServers is not null && Directory.Exists(OtherServers))
        {
            foreach (var source in Roots(OtherServers))
            {
                await CopyAsync(source, Path.Combine(Servers, Path.GetFileName(source)), log, cancellationToken);
            }
        }
        return Directory.Exists(Servers) ? [.. Roots(Servers)] : [];
    }

    /// <summary>Creates a folder that only the account of the servers can enter.</summary>
    internal async Task MakePrivateFolderAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await HandOverAsync(folder, cancellationToken);
    }

    /// <summary>Makes the account of the servers the owner of a file or folder.</summary>
    internal async Task HandOverAsync(string path, CancellationToken cancellationToken)
    {
        if (Account is null)
        {
            return;
        }

        await Tool.RunAsync(["chown", $"{Account}:", path], cancellationToken);
        if (!await MayAsync("-w", path, cancellationToken))
        {
            throw new LocalServerException(
                $"The account {Account}, which runs the servers for root, cannot reach {path}: "
                    + "choose a folder that it may enter, by WYCKOFF_HOME."
            );
        }
    }

    /// <summary>Runs <c>test OPERATOR PATH</c> as the account of the servers.</summary>
    internal async Task<bool> MayAsync(string test, string path, CancellationToken cancellationToken) =>
        (await Tool.RunAsync(Command("test", test, path), cancellationToken)).Code == 0;

    private static string NobodysGroup =>
        File.ReadLines("/etc/group").Any(line => line.StartsWith("nogroup:", StringComparison.Ordinal)) ? "nogroup" : "nobody";

    // Hidden folders belong to an installation or a copy in progress.
    private static IEnumerable<string> Roots(string folder) =>
        Directory
            .EnumerateDirectories(folder)
            .Where(root => Directory.Exists(Path.Combine(root, "usr")) && !Path.GetFileName(root).StartsWith('.'))
            .Order(StringComparer.Ordinal);

    private async Task CopyAsync(string source, string target, Action<string> log, CancellationToken cancellationToken)
    {
        bool IsCurrent() => Directory.Exists(target) && NewestIn(source) <= NewestIn(target);
        if (IsCurrent())
        {
            return;
        }

        Directory.CreateDirectory(Servers);
        FileStream? copying;
        while ((copying = PrivateFile.TryLock(Path.Combine(Servers, ".copy.lock"))) is null)
        {
            await Task.Delay(200, cancellationToken);
        }

        await using var held = copying;
        if (IsCurrent())
        {
            return;
        }

        log($"Copying {source} to {target}, where the account {Account} can read it");
        var (fresh, old) = (Path.Combine(Servers, ".copy"), Path.Combine(Servers, ".old"));
        foreach (var left in new[] { fresh, old }.Where(Directory.Exists))
        {
            Directory.Delete(left, recursive: true);
        }

        if (await Tool.RunAsync(["cp", "-a", source, fresh], cancellationToken) is { Code: not 0, LastError: var error })
        {
            throw new LocalServerException($"{source} cannot be copied to {target}: {error}");
        }
        // A running server still uses the old files it has open, so they can be moved and deleted.
        if (Directory.Exists(target))
        {
            Directory.Move(target, old);
        }

        Directory.Move(fresh, target);
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    // The write time of a folder changes when a program or library is added or removed; cp -a keeps it.
    private static DateTime NewestIn(string root) =>
        Directory
            .EnumerateDirectories(root, "*", SearchOption.AllDirectories)
            .Where(folder => Path.GetFileName(folder) is "bin" or "lib" or "extension")
            .Select(Directory.GetLastWriteTimeUtc)
            .DefaultIfEmpty()
            .Max();
}
