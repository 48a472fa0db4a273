using System.Diagnostics;
using System.Globalization;

namespace Wyckoff.LocalServers;

/// <summary>A server's port that stays the same from one start to the next, so that a bookmark in a SQL client stays good.</summary>
public static class KeptPort
{
    private const int Tries = 100;

    // A server of the system before us may still be ending; one of somebody else costs this once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The port in the file if it is or soon becomes free; else the next free one from <paramref name="first"/> on, now in the file.</summary>
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

            for (var began = Stopwatch.StartNew(); !PortOwner.IsFree(same) && began.Elapsed < Patience; )
            {
                await Task.Delay(Pause, cancellationToken);
            }

            if (PortOwner.IsFree(same))
            {
                return same;
            }
        }

        // Not from the ephemeral range: there a client's outgoing connection may hold the port at the next start.
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
