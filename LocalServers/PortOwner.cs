using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Wyckoff.LocalServers;

/// <summary>Finds free TCP ports on loopback and the processes that listen on used ones.</summary>
public static class PortOwner
{
    private const string Listening = "0A"; // The state TCP_LISTEN in /proc/net/tcp.

    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Returns a port that is free now. Another process may bind it first, so callers have to retry.</summary>
    public static int PickFree()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Returns a text such as "port 5080 is taken by nginx (process 1234)", or without the process if it is unknown.</summary>
    public static string Describe(int port)
    {
        var text = $"port {port.ToString(CultureInfo.InvariantCulture)} is taken";
        if (!OperatingSystem.IsLinux())
        {
            return text;
        }

        var sockets = SocketsListeningOn(port);
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                if (
                    Directory
                        .EnumerateFileSystemEntries(Path.Combine(folder, "fd"))
                        .Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target))
                )
                {
                    return $"{text} by {NameOf(folder)} (process {Path.GetFileName(folder)})";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The process has ended, or belongs to another user.
            }
        }
        return text;
    }

    private static HashSet<string> SocketsListeningOn(int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(fields => $"socket:[{fields[9]}]")
            .ToHashSet(StringComparer.Ordinal);
    }

    private static string NameOf(string processFolder)
    {
        // A program started through its own loader is listed as ld-linux; the loader gets the displayed name as --argv0.
        var arguments = File.ReadAllText(Path.Combine(processFolder, "cmdline")).Split('\0');
        var shown = Array.IndexOf(arguments, "--argv0") + 1;
        return shown > 0 && shown < arguments.Length
            ? Path.GetFileName(arguments[shown])
            : File.ReadAllText(Path.Combine(processFolder, "comm")).Trim();
    }
}
