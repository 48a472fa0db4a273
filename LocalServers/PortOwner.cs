using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Wyckoff.LocalServers;

/// <summary>Free TCP ports on loopback, and who holds those that are not.</summary>
public static class PortOwner
{
    private const string Listening = "0A";

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

    /// <summary>A port that is free now. Whoever binds it may still be beaten to it and should try again.</summary>
    public static int PickFree()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>"port 5080 is taken by nginx (process 1234)", or without the name where the system does not tell.</summary>
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
                // Gone meanwhile, or another user's.
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
        // Programs started through their own loader are all called ld-linux; the loader was told the name to show.
        var arguments = File.ReadAllText(Path.Combine(processFolder, "cmdline")).Split('\0');
        var shown = Array.IndexOf(arguments, "--argv0") + 1;
        return shown > 0 && shown < arguments.Length
            ? Path.GetFileName(arguments[shown])
            : File.ReadAllText(Path.Combine(processFolder, "comm")).Trim();
    }
}
