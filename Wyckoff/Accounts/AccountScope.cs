using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Accounts;

/// <summary>
/// Binds a transaction to an account, an actor and a correlation id: row-level security shows only rows of the account, and the audit trail
/// records actor and correlation id. The functions for administrators check <see cref="Access"/>. The settings end with the transaction, so
/// a pooled connection never carries them to the next caller.
/// </summary>
public sealed record AccountScope(long? AccountId, string? Actor = null, Guid? CorrelationId = null)
{
    private const string Sql = """
        SELECT set_config('app.account_id', @account, true),
               set_config('app.actor', @actor, true),
               set_config('app.correlation_id', @correlation, true),
               set_config('app.scope', @scope, true)
        """;

    /// <summary>What the caller may do. Only functions for administrators ask for it.</summary>
    public AccessScope Access { get; init; }

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

    /// <summary>
    /// Runs <paramref name="work"/> for this account in its own transaction and commits. A transient failure repeats the whole transaction.
    /// </summary>
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

    /// <summary>Runs <paramref name="work"/> for this account in its own transaction and commits.</summary>
    public async Task<T> RunAsync<T>(
        NpgsqlDataSource source,
        Func<NpgsqlTransaction, CancellationToken, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await EnterAsync(transaction, cancellationToken);
        var result = await work(transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private NpgsqlParameter[] Parameters() =>
        [
            new("account", AccountId?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""),
            new("actor", Actor ?? ""),
            new("correlation", CorrelationId?.ToString() ?? ""),
            new("scope", EnumText.Of(Access)),
        ];
}
