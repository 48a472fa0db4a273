using Microsoft.Extensions.Options;
using Wyckoff.MarketData.Providers;

namespace Wyckoff.Ingestor.Sync;

/// <summary>What takes a file in, and says in words what came of it.</summary>
internal delegate Task<string> ImportFile(string path, CancellationToken cancellationToken);

/// <summary>Imports the files that appear or change under a folder. After a restart all are offered again: the import knows files it has had.</summary>
internal sealed class FolderWorker(ImportFile import, IOptions<FeedOptions> options, TimeProvider time, ILogger<FolderWorker> logger) : BackgroundService
{
    private readonly FolderWatch _watch = new(options.Value.Folder ?? throw new ArgumentException("There is no folder to watch.", nameof(options)));

    /// <summary>One look, and the files that are ready.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var file in _watch.Look())
        {
            try
            {
                logger.FileTaken(file, await import(file, cancellationToken));
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
