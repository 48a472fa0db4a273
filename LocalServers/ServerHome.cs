namespace Wyckoff.LocalServers;

/// <summary>Where servers, data and passwords live, and the account the servers run under.</summary>
/// <param name="Folder">WYCKOFF_HOME, else the user's data folder, else /var/lib/wyckoff for root: root's own home is closed to every other account.</param>
/// <param name="Account">Null: ours. PostgreSQL refuses root, so root hands over to another account.</param>
/// <param name="OtherServers">A folder of server roots outside <paramref name="Folder"/>, or null.</param>
public sealed record ServerHome(string Folder, string? Account, string? OtherServers)
{
    /// <summary>The environment variable that names another folder.</summary>
    public const string Variable = "WYCKOFF_HOME";

    public string Servers => Path.Combine(Folder, "servers");

    public string Data => Path.Combine(Folder, "data");

    public static ServerHome FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? At(given) : Default();

    /// <summary>The home in this folder and nowhere else: nothing is taken from other places.</summary>
    public static ServerHome At(string folder) => new(Path.GetFullPath(folder), ServerAccount(), null);

    /// <summary>Where the password of a server or a role lies.</summary>
    public string PasswordFile(string name) => Path.Combine(Data, name + ".password");

    /// <summary>The home where none is named.</summary>
    public static ServerHome Default()
    {
        var user = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
            ? data
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share");
        return IsRoot
            ? new("/var/lib/wyckoff", ServerAccount(), Path.Combine(user, "wyckoff/servers"))
            : new(Path.GetFullPath(Path.Combine(user, "wyckoff")), null, null);
    }

    // On Windows there are no local servers, so an administrator there is nobody special.
    private static bool IsRoot => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows();

    private static string? ServerAccount() =>
        !IsRoot ? null
        : File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres"
        : "nobody";

    /// <summary>The command as the servers' account runs it.</summary>
    public IReadOnlyList<string> Command(params IEnumerable<string> command) =>
        Account is null
            ? [.. command]
            : ["setpriv", "--reuid", Account, "--regid", Account == "nobody" ? NobodysGroup : Account, "--clear-groups", .. command];

    /// <summary>The server roots by name. Root's own ones are copied to where the servers' account can read them, again when they have changed.</summary>
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

    /// <summary>Makes a folder that only the servers' account may enter.</summary>
    internal async Task MakePrivateFolderAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await HandOverAsync(folder, cancellationToken);
    }

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
                $"The account {Account}, which runs the servers for root, cannot reach {path}: choose a folder that it may enter, by WYCKOFF_HOME."
            );
        }
    }

    /// <summary><c>test OPERATOR PATH</c> as the servers' account.</summary>
    internal async Task<bool> MayAsync(string test, string path, CancellationToken cancellationToken) =>
        (await Tool.RunAsync(Command("test", test, path), cancellationToken)).Code == 0;

    private static string NobodysGroup =>
        File.ReadLines("/etc/group").Any(line => line.StartsWith("nogroup:", StringComparison.Ordinal)) ? "nogroup" : "nobody";

    // Hidden folders are installations under way.
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
        // A running server keeps the files it has open.
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

    // cp -a keeps the times; a program or library that came or went shows in its folder's.
    private static DateTime NewestIn(string root) =>
        Directory
            .EnumerateDirectories(root, "*", SearchOption.AllDirectories)
            .Where(folder => Path.GetFileName(folder) is "bin" or "lib" or "extension")
            .Select(Directory.GetLastWriteTimeUtc)
            .DefaultIfEmpty()
            .Max();
}
