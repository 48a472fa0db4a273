using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Accounts;
using Wyckoff.Findings;
using Wyckoff.Primitives;
using Wyckoff.Trading.Strategies;

namespace Wyckoff.Journal;

/// <summary>
/// The tables of schema <c>journal</c>. Foreign keys include the account id. Without it a row could refer to a row of another account, and
/// the check would reveal whether that row exists, because foreign keys bypass row-level security.
/// </summary>
public static class JournalModel
{
    public const string Schema = "journal";
    private const string SymbolCheck = "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'";

    public static void Configure(ModelBuilder model)
    {
        User(model.Entity<SnapTradeUser>());
        Connection(model.Entity<BrokerConnection>());
        Fill(model.Entity<TradeFill>());
        Context(model.Entity<DecisionContext>());
        Check(model.Entity<CampaignCheck>());
        CampaignFill(model.Entity<CampaignFill>());
        Entry(model.Entity<JournalEntry>());
    }

    private static void User(EntityTypeBuilder<SnapTradeUser> user)
    {
        user.ToTable(
            "snaptrade_users",
            Schema,
            table =>
            {
                table.HasComment("Who an account is at SnapTrade.");
                table.HasCheckConstraint("chk_snaptrade_users_snaptrade_user_id", "btrim(snaptrade_user_id) <> ''");
                // Every payload of ASP.NET Core Data Protection starts with the same magic header and has at least this length.
                table.HasCheckConstraint(
                    "chk_snaptrade_users_snaptrade_user_secret",
                    "snaptrade_user_secret ~ '^CfDJ8[A-Za-z0-9_-]{80,}$'"
                );
            }
        );
        user.HasKey(u => u.Id).HasName("pk_snaptrade_users");
        user.Property(u => u.Id).UseIdentityByDefaultColumn();
        user.Property(u => u.SnaptradeUserId).HasMaxLength(255);
        user.Property(u => u.SnaptradeUserSecret)
            .HasComment("Encrypted, with keys that are not in this database; text, since the encrypted form is longer than 255.");
        user.Property(u => u.CreatedAt).HasDefaultValueSql("now()");
        user.HasIndex(u => u.UserAccountId).IsUnique().HasDatabaseName("idx_snaptrade_users_user_account_id");
        user.HasIndex(u => u.SnaptradeUserId).IsUnique().HasDatabaseName("idx_snaptrade_users_snaptrade_user_id");
        user.HasAlternateKey(u => new { u.UserAccountId, u.Id }).HasName("idx_snaptrade_users_user_account_id_id");
        user.HasOne<UserAccount>()
            .WithOne()
            .HasForeignKey<SnapTradeUser>(u => u.UserAccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_snaptrade_users_account");
    }

    private static void Connection(EntityTypeBuilder<BrokerConnection> connection)
    {
        connection.ToTable(
            "broker_connections",
            Schema,
            table =>
            {
                table.HasComment(
                    "Brokerage accounts connected through SnapTrade. "
                        + "One with fills cannot be deleted, since the ledger keeps them: it is deactivated."
                );
                table.HasCheckConstraint("chk_broker_connections_brokerage_name", "btrim(brokerage_name) <> ''");
                table.HasCheckConstraint("chk_broker_connections_brokerage_slug", "btrim(brokerage_slug) <> ''");
                table.HasCheckConstraint("chk_broker_connections_authorization_id", "btrim(authorization_id) <> ''");
                table.HasCheckConstraint("chk_broker_connections_meta", "jsonb_typeof(meta) = 'object'");
            }
        );
        connection.HasKey(c => c.Id).HasName("pk_broker_connections");
        connection.Property(c => c.Id).UseIdentityByDefaultColumn();
        connection.Property(c => c.AccountId).HasComment("The account of snaptrade_user_id, for the policy to see.");
        connection.Property(c => c.BrokerageName).HasMaxLength(100);
        connection.Property(c => c.BrokerageSlug).HasMaxLength(50);
        connection.Property(c => c.AuthorizationId).HasMaxLength(255).HasComment("SnapTrade's id of the connection.");
        connection.Property(c => c.Meta).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        connection.Property(c => c.IsActive).HasDefaultValue(true).HasSentinel(true);
        connection.Property(c => c.CreatedAt).HasDefaultValueSql("now()");
        connection.Property(c => c.UpdatedAt).HasDefaultValueSql("now()");
        connection.HasAlternateKey(c => new { c.AccountId, c.Id }).HasName("idx_broker_connections_account_id_id");
        connection.HasIndex(c => c.AuthorizationId).IsUnique().HasDatabaseName("idx_broker_connections_authorization_id");
        connection
            .HasIndex(c => new { c.AccountId, c.SnaptradeUserId })
            .HasDatabaseName("idx_broker_connections_account_id_snaptrade_user_id");
        connection
            .HasOne<SnapTradeUser>()
            .WithMany()
            .HasForeignKey(c => new { c.AccountId, c.SnaptradeUserId })
            .HasPrincipalKey(u => new { u.UserAccountId, u.Id })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_broker_connections_snaptrade_user");
    }

    private static void Fill(EntityTypeBuilder<TradeFill> fill)
    {
        fill.ToTable(
            "trade_fills",
            Schema,
            table =>
            {
                table.HasComment(
                    "Executed fills: an immutable ledger. Triggers refuse UPDATE and TRUNCATE to everybody, and DELETE except in "
                        + "the cascade of the account."
                );
                table.HasCheckConstraint("chk_trade_fills_symbol", SymbolCheck);
                table.HasCheckConstraint("chk_trade_fills_side", EnumText.Check<FillSide>("side"));
                // numeric allows NaN, which is greater than every number and so passes quantity > 0.
                table.HasCheckConstraint("chk_trade_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
                table.HasCheckConstraint("chk_trade_fills_price", "price >= 0 AND price <> 'NaN'");
                table.HasCheckConstraint("chk_trade_fills_fees", "fees <> 'NaN'");
                table.HasCheckConstraint("chk_trade_fills_executed_at", "isfinite(executed_at)");
                table.HasCheckConstraint("chk_trade_fills_asset_type", EnumText.Check<FillAssetType>("asset_type"));
                table.HasCheckConstraint("chk_trade_fills_currency", "currency ~ '^[A-Z]{3,10}$'");
                table.HasCheckConstraint("chk_trade_fills_external_trade_id", "btrim(external_trade_id) <> ''");
                table.HasCheckConstraint("chk_trade_fills_source", EnumText.Check<FillSource>("source"));
                table.HasCheckConstraint("chk_trade_fills_synced", "source <> 'broker_synced' OR external_trade_id IS NOT NULL");
                table.HasCheckConstraint("chk_trade_fills_raw_data", "jsonb_typeof(raw_data) = 'object'");
                table.HasCheckConstraint("chk_trade_fills_tags", "jsonb_typeof(tags) = 'array'");
            }
        );
        fill.HasKey(f => f.Id).HasName("pk_trade_fills");
        fill.Property(f => f.Id).UseIdentityByDefaultColumn();
        fill.Property(f => f.BrokerConnectionId).HasComment("NULL: entered by hand or imported from a file.");
        fill.Property(f => f.Symbol).HasMaxLength(20);
        fill.Property(f => f.Side).HasTextEnum(10);
        fill.Property(f => f.Quantity).HasPrecision(28, 8);
        fill.Property(f => f.Price).HasPrecision(18, 8).HasComment("Zero: expired, assigned or given.");
        fill.Property(f => f.Fees).HasPrecision(18, 8).HasDefaultValue(0m).HasComment("Negative: a rebate.");
        fill.Property(f => f.Broker).HasMaxLength(100);
        fill.Property(f => f.AssetType).HasTextEnum(20).HasDefaultValue(FillAssetType.Equity);
        fill.Property(f => f.Currency).HasMaxLength(10).HasDefaultValue("USD");
        fill.Property(f => f.OrderId).HasMaxLength(255).HasComment("The broker's.");
        fill.Property(f => f.Venue).HasMaxLength(100);
        fill.Property(f => f.ExternalTradeId)
            .HasMaxLength(255)
            .HasComment("The broker's id of the fill: what makes a second sync change nothing.");
        fill.Property(f => f.Source).HasTextEnum(20);
        fill.Property(f => f.ImportBatchId).HasComment("No foreign key: import batches may be cleared away, and a fill does not change.");
        fill.Property(f => f.RawData).HasColumnType("jsonb").HasComment("What the broker sent.");
        fill.Property(f => f.Tags).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        fill.Property(f => f.CreatedAt).HasDefaultValueSql("now()");
        fill.Ignore(f => f.SignedQuantity);
        fill.HasAlternateKey(f => new { f.AccountId, f.Id }).HasName("idx_trade_fills_account_id_id");
        fill.HasIndex(f => new { f.AccountId, f.ExternalTradeId })
            .IsUnique()
            .HasDatabaseName("idx_trade_fills_account_id_external_trade_id");
        fill.HasIndex(f => new { f.AccountId, f.BrokerConnectionId })
            .HasDatabaseName("idx_trade_fills_account_id_broker_connection_id")
            .HasFilter("broker_connection_id IS NOT NULL");
        fill.HasIndex(f => new
            {
                f.AccountId,
                f.ExecutedAt,
                f.Id,
            })
            .IsDescending(false, true, true)
            .HasDatabaseName("idx_trade_fills_account_id_executed_at_id");
        fill.HasIndex(f => new
            {
                f.AccountId,
                f.Symbol,
                f.ExecutedAt,
                f.Id,
            })
            .HasDatabaseName("idx_trade_fills_account_id_symbol_executed_at_id");
        fill.HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(f => f.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_trade_fills_account");
        // Cascade, although a trigger of the ledger refuses the deletion while the account exists: RESTRICT would also block deleting the
        // account.
        fill.HasOne<BrokerConnection>()
            .WithMany()
            .HasForeignKey(f => new { f.AccountId, f.BrokerConnectionId })
            .HasPrincipalKey(c => new { c.AccountId, c.Id })
            .IsRequired(false)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_trade_fills_broker_connection");
    }

    private static void Context(EntityTypeBuilder<DecisionContext> context)
    {
        context.ToTable(
            "decision_contexts",
            Schema,
            table =>
            {
                table.HasComment("What the trader thought and felt: at most one per fill.");
                table.HasCheckConstraint("chk_decision_contexts_context_type", EnumText.Check<ContextType>("context_type"));
                foreach (var column in new[] { "exit_intent", "feelings_then", "feelings_now", "inferred_context" })
                {
                    table.HasCheckConstraint("chk_decision_contexts_" + column, $"jsonb_typeof({column}) = 'object'");
                }
            }
        );
        context.HasKey(c => c.Id).HasName("pk_decision_contexts");
        context.Property(c => c.Id).UseIdentityByDefaultColumn();
        context.Property(c => c.ContextType).HasTextEnum(30);
        context.Property(c => c.StrategyId).HasComment("The strategy it followed: of the same account, or a benchmark.");
        context.Property(c => c.ExitIntent).HasColumnType("jsonb").HasComment("Planned exit conditions.");
        context.Property(c => c.FeelingsThen).HasColumnType("jsonb").HasComment("At the time of the decision.");
        context.Property(c => c.FeelingsNow).HasColumnType("jsonb").HasComment("Looking back.");
        context.Property(c => c.InferredContext).HasColumnType("jsonb").HasComment("What the platform made of it without asking.");
        context.Property(c => c.CreatedAt).HasDefaultValueSql("now()");
        context.Property(c => c.UpdatedAt).HasDefaultValueSql("now()");
        context.HasAlternateKey(c => new { c.AccountId, c.Id }).HasName("idx_decision_contexts_account_id_id");
        // Every fill belongs to one account, so the index makes fill_id alone unique.
        context.HasIndex(c => new { c.AccountId, c.FillId }).IsUnique().HasDatabaseName("idx_decision_contexts_account_id_fill_id");
        context.HasIndex(c => c.StrategyId).HasDatabaseName("idx_decision_contexts_strategy_id").HasFilter("strategy_id IS NOT NULL");
        context
            .HasOne<TradeFill>()
            .WithOne()
            .HasForeignKey<DecisionContext>(c => new { c.AccountId, c.FillId })
            .HasPrincipalKey<TradeFill>(f => new { f.AccountId, f.Id })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_decision_contexts_fill");
        context
            .HasOne<Strategy>()
            .WithMany()
            .HasForeignKey(c => c.StrategyId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_decision_contexts_strategy");
        context
            .HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(c => c.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_decision_contexts_account");
    }

    private static void Check(EntityTypeBuilder<CampaignCheck> check)
    {
        check.ToTable(
            "campaign_checks",
            Schema,
            table =>
            {
                table.HasComment("What behavioural checks found about a decision; those it passed are kept too.");
                table.HasCheckConstraint("chk_campaign_checks_check_type", "btrim(check_type) <> ''");
                table.HasCheckConstraint("chk_campaign_checks_severity", EnumText.Check<CheckSeverity>("severity"));
                table.HasCheckConstraint("chk_campaign_checks_check_phase", EnumText.Check<CheckPhase>("check_phase"));
                table.HasCheckConstraint("chk_campaign_checks_trader_action", EnumText.Check<TraderAction>("trader_action"));
                table.HasCheckConstraint("chk_campaign_checks_acknowledged", "trader_action IS NULL OR acknowledged");
                table.HasCheckConstraint("chk_campaign_checks_details", "jsonb_typeof(details) = 'object'");
            }
        );
        check.HasKey(c => c.Id).HasName("pk_campaign_checks");
        check.Property(c => c.Id).UseIdentityByDefaultColumn();
        check.Property(c => c.CheckType).HasMaxLength(50).HasComment("Such as RS001.");
        check.Property(c => c.CheckName).HasMaxLength(100);
        check.Property(c => c.Severity).HasTextEnum(10);
        check.Property(c => c.Details).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
        check.Property(c => c.NudgeText).HasComment("What the trader is told.");
        check.Property(c => c.Acknowledged).HasDefaultValue(false);
        check.Property(c => c.TraderAction).HasTextEnum(20).HasComment("What the trader then did; only after acknowledging.");
        check.Property(c => c.CheckedAt).HasDefaultValueSql("now()");
        check.Property(c => c.CheckPhase).HasTextEnum(20);
        check.HasIndex(c => new { c.AccountId, c.DecisionContextId }).HasDatabaseName("idx_campaign_checks_account_id_decision_context_id");
        check
            .HasIndex(c => new { c.AccountId, c.CheckedAt })
            .IsDescending(false, true)
            .HasDatabaseName("idx_campaign_checks_account_id_checked_at")
            .HasFilter("NOT passed AND NOT acknowledged");
        check
            .HasOne<DecisionContext>()
            .WithMany()
            .HasForeignKey(c => new { c.AccountId, c.DecisionContextId })
            .HasPrincipalKey(d => new { d.AccountId, d.Id })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_campaign_checks_decision_context");
        check
            .HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(c => c.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_campaign_checks_account");
    }

    private static void CampaignFill(EntityTypeBuilder<CampaignFill> fill)
    {
        fill.ToTable(
            "campaign_fills",
            Schema,
            table =>
            {
                table.HasComment(
                    "Which fills make up a campaign: from flat to flat, first in, first out. "
                        + "Derived from trade_fills and rebuilt from them."
                );
                table.HasCheckConstraint("chk_campaign_fills_quantity", "quantity > 0 AND quantity <> 'NaN'");
            }
        );
        fill.HasKey(f => f.Id).HasName("pk_campaign_fills");
        fill.Property(f => f.Id).UseIdentityByDefaultColumn();
        fill.Property(f => f.AccountId).HasComment("The account of the fill, for the policy to see.");
        fill.Property(f => f.GroupId).HasComment("The campaign: the id of its first fill.");
        fill.Property(f => f.Quantity)
            .HasPrecision(28, 8)
            .HasComment("As much of the fill as counts in this campaign: one that turns a position over is split between two.");
        fill.Property(f => f.CreatedAt).HasDefaultValueSql("now()").HasComment("When the grouping was rebuilt.");
        // Every group belongs to one account, so the index makes (group_id, fill_id) alone unique.
        fill.HasIndex(f => new
            {
                f.AccountId,
                f.GroupId,
                f.FillId,
            })
            .IsUnique()
            .HasDatabaseName("idx_campaign_fills_account_id_group_id_fill_id");
        fill.HasIndex(f => new { f.AccountId, f.FillId }).HasDatabaseName("idx_campaign_fills_account_id_fill_id");
        fill.HasOne<TradeFill>()
            .WithMany()
            .HasForeignKey(f => new { f.AccountId, f.FillId })
            .HasPrincipalKey(f => new { f.AccountId, f.Id })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_campaign_fills_fill");
        fill.HasOne<TradeFill>()
            .WithMany()
            .HasForeignKey(f => new { f.AccountId, f.GroupId })
            .HasPrincipalKey(f => new { f.AccountId, f.Id })
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_campaign_fills_group");
    }

    private static void Entry(EntityTypeBuilder<JournalEntry> entry)
    {
        entry.ToTable(
            "journal_entries",
            Schema,
            table =>
            {
                table.HasComment("The trader's journal.");
                table.HasCheckConstraint("chk_journal_entries_date", "isfinite(date)");
                table.HasCheckConstraint("chk_journal_entries_entry_type", "btrim(entry_type) <> ''");
                table.HasCheckConstraint("chk_journal_entries_content", "btrim(content) <> ''");
                table.HasCheckConstraint("chk_journal_entries_symbol", SymbolCheck);
                table.HasCheckConstraint("chk_journal_entries_tags", "jsonb_typeof(tags) = 'array'");
                table.HasCheckConstraint("chk_journal_entries_wyckoff_checklist", "jsonb_typeof(wyckoff_checklist) = 'object'");
            }
        );
        entry.HasKey(e => e.Id).HasName("pk_journal_entries");
        entry.Property(e => e.Id).UseIdentityByDefaultColumn();
        entry.Property(e => e.Date).HasComment("The day it is about.");
        entry.Property(e => e.EntryType).HasMaxLength(30);
        entry.Property(e => e.TradeId).HasMaxLength(50).HasComment("The trade it is about, as the trader names it.");
        entry.Property(e => e.Tags).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        entry.Property(e => e.Mood).HasMaxLength(20);
        entry.Property(e => e.Symbol).HasMaxLength(20);
        entry.Property(e => e.CampaignId).HasComment("The Wyckoff campaign it is about.");
        entry.Property(e => e.SignalId).HasComment("The signal it is about.");
        entry.Property(e => e.WyckoffChecklist).HasColumnType("jsonb").HasComment("Which points of the method the trader ticked off.");
        entry.Property(e => e.CreatedAt).HasDefaultValueSql("now()");
        entry.Property(e => e.UpdatedAt).HasDefaultValueSql("now()");
        entry
            .HasIndex(e => new
            {
                e.AccountId,
                e.Date,
                e.Id,
            })
            .IsDescending(false, true, true)
            .HasDatabaseName("idx_journal_entries_account_id_date_id");
        entry
            .HasIndex(e => new { e.AccountId, e.TradeId })
            .HasDatabaseName("idx_journal_entries_account_id_trade_id")
            .HasFilter("trade_id IS NOT NULL");
        entry.HasIndex(e => e.CampaignId).HasDatabaseName("idx_journal_entries_campaign_id").HasFilter("campaign_id IS NOT NULL");
        entry.HasIndex(e => e.SignalId).HasDatabaseName("idx_journal_entries_signal_id").HasFilter("signal_id IS NOT NULL");
        entry
            .HasOne<Campaign>()
            .WithMany()
            .HasForeignKey(e => e.CampaignId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_journal_entries_campaign");
        entry
            .HasOne<Signal>()
            .WithMany()
            .HasForeignKey(e => e.SignalId)
            .OnDelete(DeleteBehavior.SetNull)
            .HasConstraintName("fk_journal_entries_signal");
        entry
            .HasOne<UserAccount>()
            .WithMany()
            .HasForeignKey(e => e.AccountId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_journal_entries_account");
    }
}
