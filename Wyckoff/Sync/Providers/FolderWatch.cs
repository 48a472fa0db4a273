namespace Wyckoff.Sync.Providers;

/// <summary>
/// Finds new and changed files under a folder once they no longer change. The folder is polled, because network file systems send no
/// notifications and no file system reports the end of a copy.
/// </summary>
public sealed class FolderWatch(string folder)
{
    private readonly Dictionary<string, Stamp> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Stamp> _handled = new(StringComparer.Ordinal);

    private readonly record struct Stamp(long Size, DateTime WrittenUtc);

    /// <summary>Returns the files that were unchanged in two scans in a row and are not handled in this state, ordered by name.</summary>
    /// <exception cref="IOException">The folder does not exist or cannot be listed. Earlier scans and handled files are
    /// remembered.</exception>
    public IReadOnlyList<string> Scan()
    {
        var found = new Dictionary<string, Stamp>(StringComparer.Ordinal);
        var ready = new List<string>();
        // Programs that copy files often write to a hidden file first and rename it.
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
        };
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", options))
        {
            try
            {
                found[file.FullName] = new(file.Length, file.LastWriteTimeUtc);
            }
            catch (FileNotFoundException)
            {
                // The file was deleted after it was listed.
            }
        }

        foreach (var (path, stamp) in found)
        {
            if (
                _seen.TryGetValue(path, out var before)
                && before == stamp
                && !(_handled.TryGetValue(path, out var handled) && handled == stamp)
            )
            {
                ready.Add(path);
            }
        }

        _seen.Clear();
        foreach (var (path, stamp) in found)
        {
            _seen[path] = stamp;
        }

        foreach (var gone in _handled.Keys.Where(path => !found.ContainsKey(path)).ToList())
        {
            _handled.Remove(gone);
        }

        ready.Sort(StringComparer.Ordinal);
        return ready;
    }

    /// <summary>Marks a file as handled in the state of the last scan.</summary>
    public void MarkHandled(string path)
    {
        if (_seen.TryGetValue(path, out var stamp))
        {
            _handled[path] = stamp;
        }
    }
}
