using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wyckoff.LocalServers;

/// <summary>
/// Reads and writes <c>running.env</c> in the data home: the addresses of the running system as shell assignments, for <c>wyckoff.sh</c>
/// and <c>eng/psql</c>. The file holds passwords, so only its owner can read it. The scripts find other homes than the default one in the
/// folder <c>running</c> of the default home.
/// </summary>
public static class RunningFile
{
    private const string ProcessId = "APPHOST_PID";

    public static string PathIn(ServerHome home) => Path.Combine(home.Folder, "running.env");

    public static void Write(ServerHome home, IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in values.Append(new(ProcessId, Environment.ProcessId.ToString(CultureInfo.InvariantCulture))))
        {
            text.Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        }

        PrivateFile.Write(PathIn(home), text.ToString());
        if (Listing(home) is { } listing)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(listing)!);
            PrivateFile.Write(listing, home.Folder + "\n");
        }
    }

    /// <summary>Reads the file. Returns null if there is none or if the AppHost that wrote it has ended.</summary>
    public static IReadOnlyDictionary<string, string>? Read(ServerHome home)
    {
        var path = PathIn(home);
        if (!File.Exists(path))
        {
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split('=', 2) is [var name, ['\'', .. var value, '\'']])
            {
                values[name] = value.Replace("'\\''", "'", StringComparison.Ordinal);
            }
        }

        return values.TryGetValue(ProcessId, out var text) && int.TryParse(text, out var pid) && ServerProcess.IsAlive(pid) ? values : null;
    }

    public static void Delete(ServerHome home)
    {
        File.Delete(PathIn(home));
        if (Listing(home) is { } listing && File.Exists(listing))
        {
            File.Delete(listing);
        }
    }

    private static string? Listing(ServerHome home)
    {
        var defaultFolder = ServerHome.Default().Folder;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(home.Folder));
        return defaultFolder == home.Folder ? null : Path.Combine(defaultFolder, "running", Convert.ToHexStringLower(hash.AsSpan(0, 8)));
    }
}
