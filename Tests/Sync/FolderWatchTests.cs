using Wyckoff.Sync.Providers;

namespace Wyckoff.Tests.Sync;

public sealed class FolderWatchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wyckoff-watch-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_is_taken_once_it_has_come_to_rest_and_again_when_it_has_changed()
    {
        var watch = new FolderWatch(_folder.FullName);
        var path = Path.Combine(_folder.CreateSubdirectory("daily").FullName, "SPY.csv");
        File.WriteAllText(path, "half");
        Assert.Empty(watch.Look());
        File.WriteAllText(path, "the whole of it");
        Assert.Empty(watch.Look());
        Assert.Equal([path], watch.Look());
        // Not handled, since the import failed: it is offered again.
        Assert.Equal([path], watch.Look());
        watch.Handled(path);
        Assert.Empty(watch.Look());

        File.AppendAllText(path, " and more");
        Assert.Empty(watch.Look());
        Assert.Equal([path], watch.Look());
        watch.Handled(path);
        File.Delete(path);
        Assert.Empty(watch.Look());
        File.WriteAllText(path, "the whole of it");
        Assert.Empty(watch.Look());
        Assert.Equal([path], watch.Look());
    }

    [Fact]
    public void What_is_hidden_is_not_there()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, ".SPY.csv.part"), "x");
        var watch = new FolderWatch(_folder.FullName);
        Assert.Empty(watch.Look());
        Assert.Empty(watch.Look());
    }

    [Fact]
    public void A_share_that_is_mounted_again_has_no_new_files()
    {
        var share = _folder.CreateSubdirectory("share").FullName;
        File.WriteAllText(Path.Combine(share, "SPY.csv"), "x");
        var watch = new FolderWatch(share);
        watch.Look();
        watch.Handled(Assert.Single(watch.Look()));

        var elsewhere = Path.Combine(_folder.FullName, "elsewhere");
        Directory.Move(share, elsewhere);
        Assert.Throws<DirectoryNotFoundException>(watch.Look);
        Directory.Move(elsewhere, share);
        Assert.Empty(watch.Look());
        Assert.Empty(watch.Look());
    }
}
