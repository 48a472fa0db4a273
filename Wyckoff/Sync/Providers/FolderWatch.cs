namespace Wyckoff.Sync.Providers;

/// <summary>
/// Finds files that are new or have changed under a folder, once they have come to rest. It looks again and again, instead of having itself told: no file system over a
/// network tells, and none says when a copy has ended.
/// </summary>
public sealed class FolderWatch(string folder)
{
    private readonly Dictionary<string, Stamp> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Stamp> _handled = new(StringComparer.Ordinal);

    private readonly record struct Stamp(long Size, DateTime WrittenUtc);

    /// <summary>The files to take now, by name: those that have been the same in two looks in a row and were not handled as they are.</summary>
    /// <exception cref="IOException">The folder is not there, or cannot be listed. What was seen and handled is remembered.</exception>
    public IReadOnlyList<string> Look()
    {
        var found = new Dictionary<string, Stamp>(StringComparer.Ordinal);
        var ready = new List<string>();
        // Hidden files are what copying programs write before they rename.
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
                // Gone since it was listed.
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

    /// <summary>This file, as it was at the last look, need not be taken again.</summary>
    public void Handled(string path)
    {
        if (_seen.TryGetValue(path, out var stamp))
        {
            _handled[path] = stamp;
        }
    }
}
