using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Wyckoff.Accounts;

/// <summary>
/// For whom a transaction works: the account whose rows there are in it, and what the audit trail writes down. The settings end with the transaction, so a pooled
/// connection never carries one caller's account to the next.
/// </summary>
public sealed record AccountScope(long? AccountId, string? Actor = null, Guid? CorrelationId = null)
{
    private const string Sql =
        "SELECT set_config('app.account_id', @account, true), set_config('app.actor', @actor, true), set_config('app.correlation_id', @correlation, true)";

    public async Task EnterAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (context.Database.CurrentTransaction is null)
        {
            throw new InvalidOperationException(
                "Account work needs a transaction: outside of one the settings would be gone by the next statement."
            );
        }

        await context.Database.ExecuteSqlRawAsync(Sql, Parameters(), cancellationToken);
    }

    public async Task EnterAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            Sql,
            transaction.Connection ?? throw new InvalidOperationException("The transaction has ended."),
            transaction
        );
        command.Parameters.AddRange(Parameters());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs <paramref name="work"/> for this account in a transaction of its own, again as a whole when the connection broke, and commits.</summary>
    public Task<T> RunAsync<T>(DbContext context, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        context
            .Database.CreateExecutionStrategy()
            .ExecuteAsync(
                async token =>
                {
                    await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, token);
                    await EnterAsync(context, token);
                    var result = await work(token);
                    await transaction.CommitAsync(token);
                    return result;
                },
                cancellationToken
            );

    private NpgsqlParameter[] Parameters() =>
        [
            new("account", AccountId?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""),
            new("actor", Actor ?? ""),
            new("correlation", CorrelationId?.ToString() ?? ""),
        ];
}
