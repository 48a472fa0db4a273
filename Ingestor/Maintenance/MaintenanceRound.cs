using System.Data;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Timescale;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>
/// Runs the maintenance that the database does not do by itself. On all editions it refreshes the materialized views and forgets the values
/// that imports replaced long ago. On editions without policies it also refreshes the aggregates and then drops rows older than the
/// declared retention. It runs no ANALYZE, which only the owner of a table may do; autovacuum does that.
/// </summary>
internal sealed class MaintenanceRound
{
    private const long LockKey = 0x4D61696E7461696E; // "Maintain"
    private const string Connect = "connect";

    private readonly MaintenanceDatabase _database;
    private readonly IReadOnlyList<Hypertable> _declared;
    private readonly IReadOnlyList<ContinuousAggregate> _aggregates;
    private readonly TimeSpan _keepReplaced;
    private readonly ILogger<MaintenanceRound> _logger;

    /// <exception cref="StorageDeclarationException">The configured retention would drop rows before they are aggregated.</exception>
    public MaintenanceRound(
        MaintenanceDatabase database,
        IReadOnlyList<Hypertable> declared,
        IReadOnlyList<ContinuousAggregate> aggregates,
        TimeSpan keepReplaced,
        ILogger<MaintenanceRound> logger
    )
    {
        TimescaleReconciler.CheckAggregates(declared, aggregates);
        (_database, _declared, _aggregates, _keepReplaced, _logger) = (database, declared, aggregates, keepReplaced, logger);
    }

    /// <summary>
    /// Runs one round as of <paramref name="now"/>. A failed step is in the report and does not stop the other steps. If the database is
    /// unreachable from the start, the exception is thrown.
    /// </summary>
    public async Task<MaintenanceReport> RunOnceAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var source = _database.Source ?? throw new RefusalException($"There is {MaintenanceDatabase.Absent}.");
        using var activity = MaintenanceTelemetry.Source.StartActivity("maintenance");
        var steps = new List<MaintenanceStep>();
        var elsewhere = false;
        NpgsqlConnection? connection = null;
        try
        {
            TimescaleEdition? edition = null;
            await StepAsync(
                steps,
                Connect,
                async () =>
                {
                    connection = await source.OpenConnectionAsync(cancellationToken);
                    edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
                    elsewhere = !await ScalarAsync<bool>(connection, "SELECT pg_try_advisory_lock($1)", cancellationToken);
                    return edition.ToString();
                }
            );
            if (elsewhere)
            {
                _logger.DoneElsewhere();
                return new(true, []);
            }

            if (connection is not null && edition is not null && steps[0].Fault is null)
            {
                await RunAsync(steps, connection, edition, now, cancellationToken);
            }
        }
        finally
        {
            if (connection is not null)
            {
                await ReleaseAsync(connection, held: !elsewhere);
            }
        }

        var report = new MaintenanceReport(false, steps);
        _logger.RoundDone(steps.Count, report.Failed.Count());
        activity?.SetStatus(report.Succeeded ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        return report;
    }

    private async Task RunAsync(
        List<MaintenanceStep> steps,
        NpgsqlConnection connection,
        TimescaleEdition edition,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (!edition.HasPolicies)
        {
            var notAggregated = new HashSet<string>(StringComparer.Ordinal);
            foreach (var aggregate in _aggregates)
            {
                var done = await StepAsync(
                    steps,
                    $"refresh {aggregate.Name}",
                    async () =>
                    {
                        await Retention.RefreshAsync(connection, edition, aggregate, now, cancellationToken);
                        return "up to date";
                    }
                );
                if (!done)
                {
                    notAggregated.Add(aggregate.Body.Source);
                }
            }

            foreach (var hypertable in _declared.Where(h => h.Storage.Retain is not null))
            {
                var name = $"retain {hypertable.Name}";
                if (notAggregated.Contains(hypertable.Name))
                {
                    const string reason = "an aggregate of it is not up to date";
                    _logger.StepSkipped(name, reason);
                    steps.Add(new(name, "", reason));
                    continue;
                }

                await StepAsync(
                    steps,
                    name,
                    async () => Describe(await Retention.RetainAsync(connection, edition, hypertable, now, cancellationToken), edition)
                );
            }
        }

        foreach (var function in (string[])["trading.refresh_views", "market.refresh_overview"])
        {
            await StepAsync(
                steps,
                function,
                async () =>
                {
                    await using var command = new NpgsqlCommand($"SELECT {function}()", connection) { CommandTimeout = 0 };
                    await command.ExecuteNonQueryAsync(cancellationToken);
                    return "up to date";
                }
            );
        }

        await StepAsync(
            steps,
            "forget replaced bars",
            async () =>
            {
                await using var command = new NpgsqlCommand("SELECT market.forget_alternatives($1)", connection)
                {
                    Parameters = { new() { Value = now - _keepReplaced } },
                    CommandTimeout = 0,
                };
                var forgotten = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                return string.Create(CultureInfo.InvariantCulture, $"{forgotten} forgotten");
            }
        );

        async Task<bool> StepAsync(List<MaintenanceStep> all, string name, Func<Task<string>> action)
        {
            if (connection.State == ConnectionState.Open)
            {
                return await this.StepAsync(all, name, action);
            }

            // The lock of this round is lost with the connection, so no further step may run.
            const string reason = "the connection is lost";
            _logger.StepSkipped(name, reason);
            all.Add(new(name, "", reason));
            return false;
        }
    }

    private async Task<bool> StepAsync(List<MaintenanceStep> steps, string name, Func<Task<string>> action)
    {
        using var activity = MaintenanceTelemetry.Source.StartActivity(name);
        var started = Stopwatch.GetTimestamp();
        try
        {
            steps.Add(new(name, await action()));
            return true;
        }
        catch (Exception e) when (name == Connect && DatabaseFaults.IsAway(e))
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        catch (Exception e) when (e is NotSupportedException || DatabaseFaults.IsAny(e))
        {
            _logger.StepFailed(e, name);
            MaintenanceTelemetry.Failed(name);
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            steps.Add(new(name, "", e.Message.ReplaceLineEndings(" ")));
            return false;
        }
        finally
        {
            MaintenanceTelemetry.Took(name, Stopwatch.GetElapsedTime(started));
        }
    }

    private string Describe(Retention.Dropped dropped, TimescaleEdition edition)
    {
        if (dropped.Count == 0)
        {
            return "nothing to drop";
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"{dropped.Count} {dropped.What} dropped");
        _logger.StepDone($"retain {dropped.Table}", text);
        MaintenanceTelemetry.Dropped(dropped.Table, dropped.Count, chunks: edition.HasHypertables);
        return text;
    }

    // The lock is released explicitly: a pooled session keeps it after the connection is closed.
    private static async Task ReleaseAsync(NpgsqlConnection connection, bool held)
    {
        await using (connection)
        {
            try
            {
                if (held && connection.State == ConnectionState.Open)
                {
                    await ScalarAsync<bool>(connection, "SELECT pg_advisory_unlock($1)", CancellationToken.None);
                }
            }
            catch (Exception e) when (DatabaseFaults.IsAny(e))
            {
                // If the connection breaks here, the server releases the lock.
            }
        }
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = LockKey } } };
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
