using Wyckoff.Client;
using Wyckoff.Web.Patterns;

namespace Wyckoff.Web.Pages.Operations;

/// <summary>Something of the system that an operator should look at.</summary>
/// <param name="IsBroken">Whether something does not work; otherwise something will, or is missing.</param>
/// <param name="Text">What it is, in a sentence.</param>
/// <param name="Link">The page where one can do something about it.</param>
internal sealed record Attention(bool IsBroken, string Text, string? Link = null)
{
    /// <summary>Feeds that are due for less than this are only waiting for their turn.</summary>
    private const long PatientSeconds = 300;

    /// <summary>All that a status says, what is broken first.</summary>
    public static IReadOnlyList<Attention> Of(StatusResponse status) =>
        [.. Parts(status).Concat(Work(status)).OrderByDescending(one => one.IsBroken)];

    /// <summary>The parts of the system with their state.</summary>
    public static IEnumerable<(string Name, PartState State, string? Error)> States(StatusResponse status) =>
        [
            ("Database", status.Database.State, status.Database.Error),
            ("Migrations", status.Migrations.State, status.Migrations.Error),
            ("Tables", status.Tables.State, status.Tables.Error),
            ("Jobs", status.Jobs.State, status.Jobs.Error),
            ("Ingestion", status.Ingestion.State, status.Ingestion.Error),
            ("Redis", status.Redis.State, status.Redis.Error),
            ("Replication", status.Replication.State, status.Replication.Error),
        ];

    private static IEnumerable<Attention> Parts(StatusResponse status)
    {
        foreach (var (name, state, error) in States(status).Where(part => part.State is PartState.Away or PartState.Failed))
        {
            yield return new(true, $"{name}: {error}");
        }

        if (status.Database is { Edition: not null and not "Community", Capabilities: { } capabilities })
        {
            yield return new(false, $"The database has {capabilities}.");
        }

        if (status.Database.Pool is { Waiting: > 0 } pool)
        {
            yield return new(false, $"{pool.Waiting} requests wait for a database connection.");
        }

        foreach (var (host, health) in status.Replication.Hosts ?? new Dictionary<string, HostHealth>(StringComparer.Ordinal))
        {
            if (health.State == HostState.Away)
            {
                yield return new(true, $"The database server {host} does not answer; the others do its work.");
            }
        }
    }

    private static IEnumerable<Attention> Work(StatusResponse status)
    {
        if (status.Migrations.Runs is [{ Outcome: not "completed" } run, ..])
        {
            yield return new(true, $"The last migration, to {run.To}, has failed: the log of MigrationService says why.");
        }

        var failed = status.Jobs.Jobs?.Where(job => job.LastResult == "failed").ToList();
        if (failed is [var only])
        {
            yield return new(true, $"The job {only.Id} ({only.Kind} of {only.Table}) failed when it last ran.");
        }
        else if (failed is { Count: > 1 })
        {
            yield return new(true, $"{failed.Count} jobs failed when they last ran: the log of PostgreSQL says why.");
        }

        if (status.Jobs.Jobs?.Count(job => !job.IsScheduled) is > 0 and var unscheduled)
        {
            yield return new(
                false,
                $"{(unscheduled == 1 ? "One job is" : $"{unscheduled} jobs are")} not scheduled, so the database does not compress, drop "
                    + "or refresh what they are for."
            );
        }

        if (status.Ingestion.Feeds is { OverdueSeconds: > PatientSeconds } feeds)
        {
            yield return new(
                false,
                $"{feeds.Due} feeds are due, the oldest for {Sizes.Duration(feeds.OverdueSeconds)}: is the ingestor running?",
                "/data/sync"
            );
        }

        if (status.Ingestion.LastImport is { Status: "failed" or "interrupted" } import)
        {
            yield return new(true, $"The last import ({import.Id}) is {import.Status}.", "/data/imports");
        }
    }
}
