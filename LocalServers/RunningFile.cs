using System.Text;

namespace Wyckoff.LocalServers;

/// <summary><c>running.env</c>: how to reach the running system, as shell assignments for <c>eng/psql</c> and the verbs. Holds a password, so only its owner may read it.</summary>
public static class RunningFile
{
    public static string PathIn(ServerHome home) => Path.Combine(home.Folder, "running.env");

    public static void Write(ServerHome home, IReadOnlyDictionary<string, string> values)
    {
        var path = PathIn(home);
        var text = new StringBuilder();
        foreach (var (name, value) in values)
            text.Append(name).Append("='").Append(value.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        PrivateFile.Write(path + ".new", text.ToString());
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Null when nothing was written, or when the AppHost that wrote it (APPHOST_PID) is gone.</summary>
    public static IReadOnlyDictionary<string, string>? Read(ServerHome home)
    {
        var path = PathIn(home);
        if (!File.Exists(path))
            return null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(path))
        {
            if (line.Split('=', 2) is [var name, ['\'', .. var value, '\'']])
                values[name] = value.Replace("'\\''", "'", StringComparison.Ordinal);
        }
        return values.TryGetValue("APPHOST_PID", out var pid) && int.TryParse(pid, out var id) && ServerProcess.IsAlive(id) ? values : null;
    }

    public static void Delete(ServerHome home) => File.Delete(PathIn(home));
}
