using Microsoft.Extensions.Options;
using Wyckoff.MarketData.Imports;
using Wyckoff.MarketData.Providers;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Sync;

/// <summary>Imports the files that appear or change under a folder. After a restart all are offered again: the import knows files it has had.</summary>
internal sealed class FolderWorker(ImportRunner import, IOptions<FeedOptions> options, TimeProvider time, ILogger<FolderWorker> logger) : BackgroundService
{
    private readonly string _folder = options.Value.Folder!;
    private readonly FolderWatch _watch = new(options.Value.Folder!);

    /// <summary>One look, and the files that are ready.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var file in _watch.Look())
        {
            try
            {
                // By its path below the folder, not above: symbols and timeframes are read from it.
                foreach (var result in await import.ImportAsync(file, Path.GetRelativePath(_folder, file), new(), new(), cancellationToken))
                {
                    logger.FileTaken(result.File, result.AlreadyThere ? "imported before" : EnumText.Of(result.Status), result.Inserted, result.Rejected, result.Error);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One bad file is no reason to leave the others.
                logger.FileFailed(e, file);
            }

            _watch.Handled(file);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await LookAsync(stoppingToken);
            await Task.Delay(options.Value.FolderPoll, time, stoppingToken);
        }
    }
}
