using System.Diagnostics;
using System.Globalization;

namespace Wyckoff.LocalServers;

/// <summary>Keeps the port of a server the same across starts, so that a saved connection in a SQL client stays valid.</summary>
public static class KeptPort
{
    private const int Tries = 100;

    // The server of the previous run may still be shutting down. If another program holds the port, this wait happens only once,
    // because a new port is chosen after it.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Returns the port in the file if it is free or becomes free within ten seconds. Otherwise chooses the next free port from
    /// <paramref name="first"/> on and writes it to the file.
    /// </summary>
    public static async Task<int> ChooseAsync(string file, int first, Action<string> log, CancellationToken cancellationToken)
    {
        var text = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "";
        int? kept = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
        if (kept is { } same)
        {
            if (!PortOwner.IsFree(same))
            {
                log($"{PortOwner.Describe(same)}; waiting for it to end");
            }

            for (var waited = Stopwatch.StartNew(); !PortOwner.IsFree(same) && waited.Elapsed < ShutdownTimeout; )
            {
                await Task.Delay(Pause, cancellationToken);
            }

            if (PortOwner.IsFree(same))
            {
                return same;
            }
        }

        // The ephemeral range is a last resort: at the next start an outgoing connection may use a port of that range.
        var chosen = Enumerable.Range(first, Tries).FirstOrDefault(PortOwner.IsFree, PortOwner.PickFree());
        if (kept is { } taken)
        {
            var server = Path.GetFileNameWithoutExtension(file);
            log(string.Create(CultureInfo.InvariantCulture, $"{PortOwner.Describe(taken)}; {server} moves to port {chosen}"));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, chosen.ToString(CultureInfo.InvariantCulture), cancellationToken);
        return chosen;
    }
}
