using FsCheck;
using FsCheck.Fluent;
using Microsoft.EntityFrameworkCore;
using Microsoft.FSharp.Core;
using Npgsql;
using Wyckoff.Accounts;
using Wyckoff.Journal;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Journal;

public sealed class TradeFillTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private sealed record Draft(
        string Symbol,
        decimal Quantity,
        decimal Price,
        decimal Fees,
        string Currency,
        FillSource Source,
        string? External,
        string Tags,
        string? Raw
    );

    [Fact]
    public async Task Fill_rules_are_the_same_in_code_and_database()
    {
        await using var connection = await database.Owner.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var account = new NpgsqlCommand(ValidRows.Insert("account.user_accounts"), connection, transaction))
        {
            await account.ExecuteNonQueryAsync(Token);
        }

        // Every list repeats valid kinds of values. Otherwise hardly any draft would be valid as a whole.
        var amounts = Gen.Elements(
            0m,
            0.00000001m,
            -0.00000001m,
            1m,
            100.25m,
            9999999999.99999999m,
            10000000000m,
            99999999999999999999.99999999m,
            100000000000000000000m,
            7m,
            8m,
            9m
        );
        var gen =
            from symbol in Gen.Elements(
                "AAPL",
                "BRK.B",
                "BTC/USD",
                "^GSPC",
                "MSFT",
                "aapl",
                "",
                "A B",
                "ABCDEFGHIJKLMNOPQRST",
                "ABCDEFGHIJKLMNOPQRSTU",
                "ÄPFEL",
                "AAPL\n"
            )
            from quantity in amounts
            from price in amounts
            from fees in amounts
            from currency in Gen.Elements("USD", "EUR", "USDT", "GBP", "US", "usd", "ABCDEFGHIJK", "USD\n")
            from source in Gen.Elements(FillSource.BrokerSynced, FillSource.Manual)
            from external in Gen.Elements(
                null,
                "x",
                "y",
                "z",
                "",
                "  ",
                "\t",
                new string('é', 255),
                new string('é', 256),
                new string('x', 254) + "😀"
            )
            from tags in Gen.Elements("[]", "[\"fomo\"]", "{}", "1", "[")
            from raw in Gen.Elements(null, "{}", "{\"a\": 1}", "[]", "null", "{")
            select new Draft(symbol, quantity, price, fees, currency, source, external, tags, raw);
        var (valid, tried) = (0, 0);

        Check.One(
            // A fixed seed: with others, as few as 9 of 1500 drafts are valid.
            Config
                .QuickThrowOnFailure.WithMaxTest(1500)
                .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_130), FSharpOption<int>.None))),
            Prop.ForAll(
                gen.ToArbitrary(),
                draft =>
                {
                    var accepted = IsAcceptedByCode(draft);
                    tried++;
                    valid += accepted ? 1 : 0;
                    return accepted == IsAcceptedByDatabase(connection, transaction, draft);
                }
            )
        );
        Assert.InRange(valid, 10, tried - 100);
    }

    [Fact]
    public async Task Journal_entities_round_trip_exactly()
    {
        var id = await TestAccounts.CreateAsync(database, "exact");
        var executedAt = new DateTimeOffset(2026, 3, 4, 9, 30, 0, TimeSpan.FromHours(-5));
        var fill = new TradeFill(
            id,
            "BTC/USD",
            FillSide.Sell,
            99999999999999999999.99999999m,
            9999999999.99999999m,
            executedAt,
            FillSource.Manual,
            fees: -0.00000001m,
            assetType: FillAssetType.Crypto
        )
        {
            Venue = "X",
            Tags = """["a"]""",
        };
        await using var context = database.Context();
        var scope = new AccountScope(id);
        await scope.RunAsync(
            context,
            async token =>
            {
                context.Add(fill);
                await context.SaveChangesAsync(token);
                var decision = new DecisionContext(fill, ContextType.PostTradeReflection);
                decision.Feel("""{"fear": 3}""", null);
                context.Add(decision);
                await context.SaveChangesAsync(token);
                var check = new CampaignCheck(
                    decision,
                    "RS001",
                    CheckSeverity.Critical,
                    false,
                    CheckPhase.PreTrade,
                    executedAt,
                    nudgeText: "No stop."
                );
                check.Acknowledge(TraderAction.Proceeded);
                context.Add(check);
                context.Add(new CampaignFill(id, fill.Id, fill.Id, fill.Quantity));
                context.Add(new JournalEntry(id, new(2026, 3, 4), "daily", "calm", tags: """["a"]"""));
                return await context.SaveChangesAsync(token);
            },
            Token
        );

        await using var again = database.Context();
        var (found, foundCheck) = await scope.RunAsync(
            again,
            async token => (await again.Set<TradeFill>().SingleAsync(token), await again.Set<CampaignCheck>().SingleAsync(token)),
            Token
        );
        Assert.Equal(
            (fill.Quantity, fill.Price, fill.Fees, executedAt.UtcDateTime),
            (found.Quantity, found.Price, found.Fees, found.ExecutedAt.UtcDateTime)
        );
        Assert.Equal(TimeSpan.Zero, found.ExecutedAt.Offset);
        Assert.Equal((FillSide.Sell, FillAssetType.Crypto, "X", """["a"]"""), (found.Side, found.AssetType, found.Venue, found.Tags));
        Assert.Equal(
            (CheckPhase.PreTrade, TraderAction.Proceeded, true),
            (foundCheck.CheckPhase, foundCheck.TraderAction!.Value, foundCheck.Acknowledged)
        );
    }

    [Fact]
    public async Task E_mail_rules_are_the_same_in_code_and_database()
    {
        await using var connection = await database.Owner.OpenConnectionAsync(Token);
        var gen = Gen.ArrayOf(Gen.Elements("a", "b", "@", ".", "A", " ", "é", "\n", "\t", "-", "[", "Z", "~", "!"))
            .Select(parts => string.Concat(parts.Take(8)));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(
                gen.ToArbitrary(),
                text =>
                {
                    using var command = new NpgsqlCommand("SELECT $1 ~ '^[!-?[-~]+@[!-?[-~]+$'", connection);
                    command.Parameters.Add(new() { Value = text });
                    return UserAccount.IsEmail(text) == (bool)command.ExecuteScalar()!;
                }
            )
        );
        Assert.Equal(
            2L,
            await database.ScalarAsync<long>(
                """
                SELECT count(*) FROM pg_constraint
                 WHERE conname LIKE 'chk\_%\_email' AND pg_get_constraintdef(oid) LIKE '%^[!-?[-~]+@[!-?[-~]+$%'
                """
            )
        );
    }

    private static bool IsAcceptedByCode(Draft draft)
    {
        try
        {
            _ = new TradeFill(
                100,
                draft.Symbol,
                FillSide.Buy,
                draft.Quantity,
                draft.Price,
                DateTimeOffset.UnixEpoch,
                draft.Source,
                draft.External,
                fees: draft.Fees,
                currency: draft.Currency
            )
            {
                Tags = draft.Tags,
                RawData = draft.Raw,
            };
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsAcceptedByDatabase(NpgsqlConnection connection, NpgsqlTransaction transaction, Draft draft)
    {
        transaction.Save("draft");
        try
        {
            using var command = new NpgsqlCommand(
                """
                INSERT INTO journal.trade_fills (
                    account_id, symbol, side, quantity, price, executed_at, source, external_trade_id, fees, currency, tags, raw_data)
                VALUES (100, $1, 'buy', $2, $3, 'epoch', $4, $5, $6, $7, $8::jsonb, $9::jsonb)
                """,
                connection,
                transaction
            );
            foreach (
                var value in new object?[]
                {
                    draft.Symbol,
                    draft.Quantity,
                    draft.Price,
                    draft.Source == FillSource.Manual ? "manual" : "broker_synced",
                    draft.External,
                    draft.Fees,
                    draft.Currency,
                    draft.Tags,
                    draft.Raw,
                }
            )
            {
                command.Parameters.Add(
                    value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new() { Value = value }
                );
            }

            command.ExecuteNonQuery();
            return true;
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.CheckViolation
                        or PostgresErrorCodes.NumericValueOutOfRange
                        or PostgresErrorCodes.StringDataRightTruncation
                        or PostgresErrorCodes.InvalidTextRepresentation
            )
        {
            return false;
        }
        finally
        {
            transaction.Rollback("draft");
        }
    }
}
