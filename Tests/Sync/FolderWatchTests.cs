using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

public sealed class FolderWatchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wyckoff-watch-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_is_ready_once_it_no_longer_changes_and_again_after_a_change()
    {
        var watch = new FolderWatch(_folder.FullName);
        var path = Path.Combine(_folder.CreateSubdirectory("daily").FullName, "SPY.csv");
        File.WriteAllText(path, "half");
        Assert.Empty(watch.Scan());
        File.WriteAllText(path, "the whole of it");
        Assert.Empty(watch.Scan());
        Assert.Equal([path], watch.Scan());
        // A file that was not marked as handled is returned again.
        Assert.Equal([path], watch.Scan());
        watch.MarkHandled(path);
        Assert.Empty(watch.Scan());

        File.AppendAllText(path, " and more");
        Assert.Empty(watch.Scan());
        Assert.Equal([path], watch.Scan());
        watch.MarkHandled(path);
        File.Delete(path);
        Assert.Empty(watch.Scan());
        File.WriteAllText(path, "the whole of it");
        Assert.Empty(watch.Scan());
        Assert.Equal([path], watch.Scan());
    }

    [Fact]
    public void Hidden_files_are_ignored()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, ".SPY.csv.part"), "x");
        var watch = new FolderWatch(_folder.FullName);
        Assert.Empty(watch.Scan());
        Assert.Empty(watch.Scan());
    }

    [Fact]
    public void After_a_share_is_mounted_again_its_files_count_as_handled()
    {
        var share = _folder.CreateSubdirectory("share").FullName;
        File.WriteAllText(Path.Combine(share, "SPY.csv"), "x");
        var watch = new FolderWatch(share);
        watch.Scan();
        watch.MarkHandled(Assert.Single(watch.Scan()));

        var elsewhere = Path.Combine(_folder.FullName, "elsewhere");
        Directory.Move(share, elsewhere);
        Assert.Throws<DirectoryNotFoundException>(watch.Scan);
        Directory.Move(elsewhere, share);
        Assert.Empty(watch.Scan());
        Assert.Empty(watch.Scan());
    }
}
