using System.Globalization;

namespace Wyckoff.Benchmarks;

/// <summary>A temporary folder for the files and servers of one benchmark. Disposing deletes it.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    public BenchmarkFolder(string benchmark)
    {
        // /var/tmp is on disk; /tmp may be in memory and would falsify the figures.
        var name = string.Create(CultureInfo.InvariantCulture, $"wyckoff-{benchmark}-{Environment.ProcessId}");
        Folder = Directory.CreateDirectory(Path.Combine("/var/tmp", name)).FullName;
    }

    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
