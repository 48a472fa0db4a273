using System.Globalization;

namespace Wyckoff.AppHost.Embedded;

/// <summary>
/// Notices when <c>dotnet run</c> above us was killed: it passes on what it is asked, but a SIGKILL nobody can pass on, and the system would go on without a terminal to
/// stop it from.
/// </summary>
internal static class ParentWatch
{
    public static IDisposable? Start(Action gone)
    {
        if (!OperatingSystem.IsLinux() || Parent() is not { } parent || !IsDotnetRun(parent))
        {
            return null;
        }

        return new Timer(
            _ =>
            {
                if (Parent() != parent)
                {
                    gone();
                }
            },
            null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
    }

    private static int? Parent()
    {
        try
        {
            // pid (name) state ppid …; the name may hold spaces and parentheses
            var stat = File.ReadAllText("/proc/self/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsDotnetRun(int process)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
            return Path.GetFileName(command[0]) == "dotnet" && command.Contains("run", StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
