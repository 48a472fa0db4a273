using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Features;
using Wyckoff.Imports.Records;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tickers;
using Wyckoff.Timescale;

namespace Wyckoff.Bars;

/// <summary>The tables of schema <c>market</c>.</summary>
public static class MarketDataModel
{
    public const string Schema = "market";

    /// <summary>One table per timeframe: what a read costs is the planning, and that grows with the chunks a table has.</summary>
    public static string BarsTable(Timeframe timeframe) => "bars_" + timeframe.Name;

    public static void Configure(ModelBuilder model)
    {
        Ticker(model.Entity<Ticker>());
        foreach (var timeframe in Timeframe.Stored)
        {
            Bars(model.SharedTypeEntity<OhlcvBar>(BarsTable(timeframe)), timeframe);
        }

        Indicators(model.Entity<BarIndicators>());
        ComputedFeatures(model.Entity<ComputedFeatures>());
        SyncCoverage(model.Entity<SyncCoverage>());
        SyncRun(model.Entity<SyncRun>());
        SyncPayload(model.Entity<SyncPayload>());
        BarWindow(model.Entity<BarWindow>());
        BarChange(model.Entity<BarChange>());
        IndicatorWindow(model.Entity<IndicatorWindow>());
        Feed(model.Entity<Feed>());
        Lease(model.Entity<Lease>());
        ImportBatches(model.Entity<ImportBatch>());
        ImportReject(model.Entity<ImportReject>());
    }

    private static void Ticker(EntityTypeBuilder<Ticker> ticker)
    {
        ticker.ToTable(
            "tickers",
            Schema,
            table =>
            {
                table.HasComment("What has bars: one row per symbol.");
                table.HasCheckConstraint("chk_tickers_symbol", "symbol ~ '^[A-Z0-9._/^=:-]{1,20}$'");
            }
        );
        ticker.HasKey(t => t.Id).HasName("pk_tickers");
        ticker.Property(t => t.Id).UseIdentityByDefaultColumn();
        ticker.Property(t => t.Symbol).HasMaxLength(Symbol.MaxLength);
        ticker.Property(t => t.Name).HasMaxLength(255);
        ticker.Property(t => t.Exchange).HasMaxLength(50);
        ticker
            .Property(t => t.AssetType)
            .HasMaxLength(20)
            .HasDefaultValue("stock")
            .HasComment("stock, etf, crypto, forex, commodity, index …");
        ticker
            .Property(t => t.Timezone)
            .HasMaxLength(64)
            .HasDefaultValue("America/New_York")
            .HasComment("IANA name; decides where this ticker's trading days begin.");
        ticker.Property(t => t.IsActive).HasDefaultValue(true).HasSentinel(true);
        ticker.Property(t => t.CreatedAt).HasDefaultValueSql("now()");
        ticker.Property(t => t.UpdatedAt).HasDefaultValueSql("now()");
        ticker.HasIndex(t => t.Symbol).IsUnique().HasDatabaseName("idx_tickers_symbol");
    }

    private static void Bars(EntityTypeBuilder<OhlcvBar> bar, Timeframe timeframe)
    {
        var name = BarsTable(timeframe);
        bar.ToTable(
            name,
            Schema,
            table =>
            {
                table.HasComment(
                    $"Bars of {timeframe}. No foreign key to tickers: it makes COPY 2.4 times slower; a trigger on tickers and the writers keep the two together."
                );
                table.HasCheckConstraint($"chk_{name}_high", "high >= open AND high >= close AND high >= low");
                table.HasCheckConstraint($"chk_{name}_low", "low <= open AND low <= close");
                table.HasCheckConstraint($"chk_{name}_prices", "low > 0");
                table.HasCheckConstraint($"chk_{name}_volume", "volume >= 0");
                table.HasCheckConstraint($"chk_{name}_trade_count", "trade_count >= 0");
                table.HasCheckConstraint($"chk_{name}_quality_score", "quality_score BETWEEN 0 AND 1");
            }
        );
        bar.HasNoKey();
        bar.Property(b => b.Timestamp).HasComment(timeframe.IsDaily ? "Session date at 00:00 UTC." : "Open of the bar, UTC.");
        foreach (
            var price in new[]
            {
                nameof(OhlcvBar.Open),
                nameof(OhlcvBar.High),
                nameof(OhlcvBar.Low),
                nameof(OhlcvBar.Close),
                nameof(OhlcvBar.Vwap),
                nameof(OhlcvBar.Spread),
            }
        )
        {
            bar.Property(price).HasPrecision(18, 8);
        }

        bar.Property(b => b.Volume).HasPrecision(28, 8);
        bar.Property(b => b.Spread).HasComment("high - low");
        bar.Property(b => b.SpreadRatio)
            .HasPrecision(10, 4)
            .HasComment("spread over the mean spread of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.VolumeRatio)
            .HasPrecision(10, 4)
            .HasComment("volume over the mean volume of the up to 20 bars before; 1 without any, 0 when the mean is 0.");
        bar.Property(b => b.LowHistory).HasComment("Fewer than 20 bars came before.");
        bar.Property(b => b.Source).HasMaxLength(20).HasComment("Provider, import, or 'aggregated'.");
        bar.Property(b => b.QualityScore).HasPrecision(3, 2);
        bar.Property(b => b.CreatedAt).HasDefaultValueSql("now()");
        bar.HasIndex(b => new { b.TickerId, b.Timestamp })
            .IsUnique()
            .IsDescending(false, true)
            .HasDatabaseName($"idx_{name}_ticker_id_timestamp");
        bar.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "timestamp",
                ChunkInterval = ChunkInterval(timeframe),
                SegmentBy = "ticker_id",
                OrderBy = "timestamp DESC",
                CompressAfter = TimeSpan.FromDays(7),
            }
        );
    }

    private static TimeSpan ChunkInterval(Timeframe timeframe) =>
        TimeSpan.FromDays(
            timeframe.Name switch
            {
                "1m" => 1,
                "5m" => 7,
                "15m" or "30m" => 30,
                "1h" => 90,
                _ => 365,
            }
        );

    private static void Indicators(EntityTypeBuilder<BarIndicators> indicators)
    {
        indicators.ToTable(
            "indicators",
            Schema,
            table =>
            {
                table.HasComment(
                    "Customary indicators, one row per bar; NULL while there are too few bars for one. No foreign key to tickers, as for bars."
                );
                HasTimeframe(table, "indicators");
                table.HasCheckConstraint("chk_indicators_rsi_14", "rsi_14 BETWEEN 0 AND 100");
                table.HasCheckConstraint("chk_indicators_averages", "sma_20 > 0 AND sma_50 > 0 AND ema_12 > 0 AND ema_26 > 0");
                table.HasCheckConstraint("chk_indicators_bb", "bb_lower <= bb_middle AND bb_middle <= bb_upper AND bb_lower <= bb_upper");
                table.HasCheckConstraint("chk_indicators_volume_24h", "volume_24h >= 0");
            }
        );
        indicators.HasNoKey();
        HasTimeframe(indicators.Property(i => i.Timeframe));
        indicators.Property(i => i.Timestamp).HasComment("That of the bar.");
        Price(indicators.Property(i => i.Sma20), "sma_20", "Mean close of 20 bars.");
        Price(indicators.Property(i => i.Sma50), "sma_50", "Mean close of 50 bars.");
        Price(indicators.Property(i => i.Ema12), "ema_12", "Exponential mean close of 12 bars.");
        Price(indicators.Property(i => i.Ema26), "ema_26", "Exponential mean close of 26 bars.");
        indicators
            .Property(i => i.Rsi14)
            .HasColumnName("rsi_14")
            .HasPrecision(7, 4)
            .HasComment("Relative strength index of 14 bars, 0 to 100.");
        Price(indicators.Property(i => i.Macd), "macd", "ema_12 - ema_26");
        Price(indicators.Property(i => i.MacdSignal), "macd_signal", "Exponential mean of macd over 9 bars.");
        Price(indicators.Property(i => i.MacdHistogram), "macd_histogram", "macd - macd_signal");
        Price(indicators.Property(i => i.BbUpper), "bb_upper", "Bollinger bands: bb_middle plus two standard deviations of 20 closes.");
        Price(indicators.Property(i => i.BbMiddle), "bb_middle", "Bollinger bands: mean close of 20 bars.");
        Price(indicators.Property(i => i.BbLower), "bb_lower", "Bollinger bands: bb_middle minus two standard deviations of 20 closes.");
        indicators
            .Property(i => i.Volume24h)
            .HasColumnName("volume_24h")
            .HasPrecision(28, 8)
            .HasComment("Traded in the 24 hours up to the close of the bar.");
        indicators.Property(i => i.CreatedAt).HasDefaultValueSql("now()");
        indicators
            .HasIndex(i => new
            {
                i.TickerId,
                i.Timeframe,
                i.Timestamp,
            })
            .IsUnique()
            .IsDescending(false, false, true)
            .HasDatabaseName("idx_indicators_ticker_id_timeframe_timestamp");
        indicators.HasHypertable(PerBar("timestamp DESC"));

        static void Price(PropertyBuilder<decimal?> property, string column, string comment) =>
            property.HasColumnName(column).HasPrecision(18, 8).HasComment(comment);
    }

    private static void ComputedFeatures(EntityTypeBuilder<ComputedFeatures> features)
    {
        features.ToTable(
            "computed_features",
            Schema,
            table =>
            {
                table.HasComment(
                    "What was computed from a bar, per version of the computation, and the regime a hidden Markov model assigned. No foreign key to tickers, as for bars."
                );
                HasTimeframe(table, "computed_features");
                table.HasCheckConstraint("chk_computed_features_features", "jsonb_typeof(features) = 'object'");
                table.HasCheckConstraint("chk_computed_features_feature_version", "feature_version <> ''");
                table.HasCheckConstraint("chk_computed_features_state_id", "state_id >= -1");
                table.HasCheckConstraint("chk_computed_features_state_prob", "state_prob BETWEEN 0 AND 1");
                table.HasCheckConstraint(
                    "chk_computed_features_state",
                    "(state_id IS NULL OR model_id IS NOT NULL) AND (state_prob IS NULL OR state_id IS NOT NULL)"
                );
            }
        );
        features.HasNoKey();
        HasTimeframe(features.Property(f => f.Timeframe));
        features.Property(f => f.Timestamp).HasComment("That of the bar.");
        features
            .Property(f => f.FeatureVersion)
            .HasMaxLength(20)
            .HasComment("Version of the set of features; several may stand side by side.");
        features.Property(f => f.Features).HasColumnType("jsonb").HasComment("Name of the feature → value.");
        features.Property(f => f.ModelId).HasMaxLength(50).HasComment("The hidden Markov model that assigned the state.");
        features.Property(f => f.StateId).HasComment("Regime from 0; -1: out of distribution, unlike anything the model has seen.");
        features.Property(f => f.StateProb).HasPrecision(9, 8).HasComment("Probability of the state, 0 to 1.");
        features
            .Property(f => f.LogLikelihood)
            .HasPrecision(24, 8)
            .HasComment("Logarithm of the likelihood of the observation under the model.");
        features.Property(f => f.CreatedAt).HasDefaultValueSql("now()");
        features
            .HasIndex(f => new
            {
                f.TickerId,
                f.Timeframe,
                f.Timestamp,
                f.FeatureVersion,
            })
            .IsUnique()
            .IsDescending(false, false, true, false)
            .HasDatabaseName("idx_computed_features_ticker_id_timeframe_timestamp_version");
        features.HasHypertable(PerBar("timestamp DESC, feature_version"));
    }

    private static void SyncCoverage(EntityTypeBuilder<SyncCoverage> coverage)
    {
        coverage.ToTable(
            "sync_coverage",
            Schema,
            table =>
            {
                table.HasComment(
                    "What a source has been asked and has answered, so that missing = requested - covered, and nothing is asked twice."
                );
                HasTimeframe(table, "sync_coverage");
                table.HasCheckConstraint("chk_sync_coverage_source", "source <> ''");
                table.HasCheckConstraint("chk_sync_coverage_covered", "NOT lower_inf(covered) AND NOT upper_inf(covered)");
            }
        );
        coverage
            .HasKey(c => new
            {
                c.TickerId,
                c.Timeframe,
                c.Source,
            })
            .HasName("pk_sync_coverage");
        HasTimeframe(coverage.Property(c => c.Timeframe));
        coverage.Property(c => c.Source).HasMaxLength(20).HasComment("The provider, or the import.");
        coverage
            .Property(c => c.Covered)
            .HasColumnType("tstzmultirange")
            .HasDefaultValueSql("'{}'")
            .HasComment("Half-open; ranges that touch are one.");
        coverage.Property(c => c.UpdatedAt).HasDefaultValueSql("now()").ValueGeneratedOnAddOrUpdate();
        coverage
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(c => c.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_sync_coverage_ticker");
    }

    private static void SyncRun(EntityTypeBuilder<SyncRun> run)
    {
        run.ToTable(
            "data_sync_log",
            Schema,
            table =>
            {
                table.HasComment(
                    "One row per sync run of a ticker and timeframe, written when it has ended; sync_status shows the latest of each."
                );
                HasTimeframe(table, "data_sync_log");
                table.HasCheckConstraint("chk_data_sync_log_status", "status IN ('success', 'partial', 'failed')");
                table.HasCheckConstraint("chk_data_sync_log_error_message", "(status = 'success') = (error_message IS NULL)");
                table.HasCheckConstraint("chk_data_sync_log_bars_fetched", "bars_fetched >= 0");
                table.HasCheckConstraint("chk_data_sync_log_total_bars", "total_bars >= 0");
                table.HasCheckConstraint(
                    "chk_data_sync_log_synced",
                    "first_synced_timestamp <= last_synced_timestamp AND (first_synced_timestamp IS NULL) = (last_synced_timestamp IS NULL)"
                );
                table.HasCheckConstraint("chk_data_sync_log_last_sync_at", "last_sync_at >= started_at");
            }
        );
        run.HasKey(r => r.Id).HasName("pk_data_sync_log");
        run.Property(r => r.Id).UseIdentityByDefaultColumn();
        HasTimeframe(run.Property(r => r.Timeframe));
        run.Property(r => r.Source).HasMaxLength(20).HasComment("The provider.");
        run.Property(r => r.Status)
            .HasConversion(status => InLowerCase(status), text => Enum.Parse<SyncOutcome>(text, true))
            .HasMaxLength(20)
            .HasComment("success, partial (some of what was asked came) or failed.");
        run.Property(r => r.StartedAt).HasDefaultValueSql("now()");
        run.Property(r => r.LastSyncAt).HasDefaultValueSql("now()").HasComment("When the run ended.");
        run.Property(r => r.FirstSyncedTimestamp).HasComment("The oldest bar stored by then.");
        run.Property(r => r.LastSyncedTimestamp).HasComment("The newest bar stored by then.");
        run.Property(r => r.BarsFetched).HasDefaultValue(0).HasComment("Bars that came in this run.");
        run.Property(r => r.TotalBars).HasDefaultValue(0L).HasComment("All bars stored by then.");
        run.Property(r => r.ErrorMessage).HasComment("What went wrong: exactly when status is not success.");
        run.HasIndex(r => new
            {
                r.TickerId,
                r.Timeframe,
                r.LastSyncAt,
                r.Id,
            })
            .IsDescending(false, false, true, true)
            .HasDatabaseName("idx_data_sync_log_ticker_id_timeframe_last_sync_at");
        run.HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(r => r.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_data_sync_log_ticker");
    }

    private static void SyncPayload(EntityTypeBuilder<SyncPayload> payload)
    {
        payload.ToTable(
            "sync_payloads",
            Schema,
            table =>
            {
                table.HasComment(
                    "What providers sent, as it came, compressed. No foreign keys: dropping a chunk would lock what they refer to."
                );
                table.HasCheckConstraint("chk_sync_payloads_page", "page >= 1");
                table.HasCheckConstraint("chk_sync_payloads_encoding", "encoding IN ('gzip', 'br')");
                table.HasCheckConstraint("chk_sync_payloads_bytes", "bytes >= 0");
            }
        );
        payload
            .HasKey(p => new
            {
                p.SyncId,
                p.Page,
                p.ReceivedAt,
            })
            .HasName("pk_sync_payloads");
        payload.Property(p => p.SyncId).HasComment("The run in data_sync_log.");
        payload.Property(p => p.Page).HasComment("Which answer of the run, from 1.");
        payload.Property(p => p.Request).HasComment("Path and query of the request, without any key.");
        payload.Property(p => p.ContentType).HasMaxLength(100);
        payload.Property(p => p.Encoding).HasMaxLength(10);
        payload.Property(p => p.Bytes).HasComment("Size before compression.");
        payload.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "received_at",
                ChunkInterval = TimeSpan.FromDays(1),
                Retain = TimeSpan.FromDays(30),
            }
        );
    }

    private static void BarWindow(EntityTypeBuilder<BarWindow> window)
    {
        window.ToTable(
            "bar_windows",
            Schema,
            table =>
            {
                table.HasComment(
                    "The version of all bars of a ticker and timeframe: up by one with every transaction that changes them. Written by market.record_change."
                );
                HasTimeframe(table, "bar_windows");
                table.HasCheckConstraint("chk_bar_windows_version", "version >= 1");
                table.HasCheckConstraint("chk_bar_windows_until", "since < until AND (since IS NULL) = (until IS NULL)");
            }
        );
        window.HasKey(w => new { w.TickerId, w.Timeframe }).HasName("pk_bar_windows");
        HasTimeframe(window.Property(w => w.Timeframe));
        window
            .Property(w => w.Since)
            .HasComment("No bar is before. May be too early where bars were deleted; NULL when nobody has kept count.");
        window
            .Property(w => w.Until)
            .HasComment("No bar is here or after. May be too late where bars were deleted; NULL when nobody has kept count.");
        window
            .Property(w => w.ChangedAt)
            .HasDefaultValueSql("clock_timestamp()")
            .HasComment("When the version was counted up, shortly before the commit: what Last-Modified says.");
        window
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(w => w.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_bar_windows_ticker");
    }

    private static void BarChange(EntityTypeBuilder<BarChange> change)
    {
        change.ToTable(
            "bar_changes",
            Schema,
            table =>
            {
                table.HasComment(
                    "Which bars a version changed; a stream resumes from here. Kept for a day. No foreign key to tickers: dropping a chunk would lock them."
                );
                HasTimeframe(table, "bar_changes");
                table.HasCheckConstraint("chk_bar_changes_version", "version >= 1");
                table.HasCheckConstraint("chk_bar_changes_range", "NOT isempty(range)");
            }
        );
        change
            .HasKey(c => new
            {
                c.TickerId,
                c.Timeframe,
                c.Version,
                c.CommittedAt,
            })
            .HasName("pk_bar_changes");
        HasTimeframe(change.Property(c => c.Timeframe));
        change
            .Property(c => c.Range)
            .HasColumnType("tstzrange")
            .HasComment("From the first changed bar to the close of the last, re-derived ones included.");
        change
            .Property(c => c.CommittedAt)
            .HasDefaultValueSql("clock_timestamp()")
            .HasComment("Shortly before the commit: readers go by version.");
        change.HasHypertable(
            new HypertableDeclaration
            {
                TimeColumn = "committed_at",
                ChunkInterval = TimeSpan.FromHours(6),
                Retain = TimeSpan.FromDays(1),
            }
        );
    }

    private static void IndicatorWindow(EntityTypeBuilder<IndicatorWindow> window)
    {
        window.ToTable(
            "indicator_windows",
            Schema,
            table =>
            {
                table.HasComment("Up to which version of bar_windows the indicators of a ticker and timeframe are computed.");
                HasTimeframe(table, "indicator_windows");
                table.HasCheckConstraint("chk_indicator_windows_version", "version >= 0");
            }
        );
        window.HasKey(w => new { w.TickerId, w.Timeframe }).HasName("pk_indicator_windows");
        HasTimeframe(window.Property(w => w.Timeframe));
        window.Property(w => w.ComputedAt).HasDefaultValueSql("now()");
        window
            .HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(w => w.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_indicator_windows_ticker");
    }

    private static void Feed(EntityTypeBuilder<Feed> feed)
    {
        feed.ToTable(
            "feeds",
            Schema,
            table =>
            {
                table.HasComment("Bars that the Ingestor keeps current.");
                HasTimeframe(table, "feeds");
                table.HasCheckConstraint("chk_feeds_provider", "provider <> ''");
                table.HasCheckConstraint("chk_feeds_every_seconds", "every_seconds >= 1");
            }
        );
        feed.HasKey(f => f.Id).HasName("pk_feeds");
        feed.Property(f => f.Id).UseIdentityByDefaultColumn();
        HasTimeframe(feed.Property(f => f.Timeframe));
        feed.Property(f => f.Provider).HasMaxLength(20).HasComment("Name of the provider: the source its bars carry.");
        feed.Property(f => f.Since).HasComment("How far back the bars are wanted.");
        feed.Property(f => f.EverySeconds).HasDefaultValue(3600).HasSentinel(3600).HasComment("How often what is missing is fetched.");
        feed.Property(f => f.Live).HasDefaultValue(false).HasComment("Also from the provider's live stream.");
        feed.Property(f => f.Enabled).HasDefaultValue(true).HasSentinel(true);
        feed.Property(f => f.NextDue).HasDefaultValueSql("now()");
        feed.Property(f => f.CreatedAt).HasDefaultValueSql("now()");
        feed.Property(f => f.UpdatedAt).HasDefaultValueSql("now()");
        feed.HasIndex(f => new
            {
                f.TickerId,
                f.Timeframe,
                f.Provider,
            })
            .IsUnique()
            .HasDatabaseName("idx_feeds_ticker_id_timeframe_provider");
        feed.HasIndex(f => f.NextDue).HasFilter("enabled").HasDatabaseName("idx_feeds_next_due");
        feed.HasOne<Ticker>()
            .WithMany()
            .HasForeignKey(f => f.TickerId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_feeds_ticker");
    }

    private static void Lease(EntityTypeBuilder<Lease> lease)
    {
        lease.ToTable(
            "leases",
            Schema,
            table =>
            {
                table.HasComment("Which instance of the Ingestor does a piece of work, and until when it may without asking again.");
                table.HasCheckConstraint("chk_leases_name", "name <> ''");
                table.HasCheckConstraint("chk_leases_version", "version >= 1");
            }
        );
        lease.HasKey(l => l.Name).HasName("pk_leases");
        lease.Property(l => l.Name).HasMaxLength(100).HasComment("Of the work: feed/17, live/alpaca, …");
        lease.Property(l => l.Holder).HasMaxLength(100);
        lease
            .Property(l => l.Version)
            .HasComment(
                "Up by one with every holder. A holder's transactions check it, so that one who slept through his lease writes nothing."
            );
    }

    private static void ImportBatches(EntityTypeBuilder<ImportBatch> batch)
    {
        batch.ToTable(
            "import_batches",
            Schema,
            table =>
            {
                table.HasComment("Files that were imported, or are being.");
                HasTimeframe(table, "import_batches");
                table.HasCheckConstraint("chk_import_batches_sha256", "sha256 ~ '^[0-9a-f]{64}$'");
                table.HasCheckConstraint("chk_import_batches_status", "status IN ('running', 'completed', 'failed')");
                table.HasCheckConstraint(
                    "chk_import_batches_finished_at",
                    "(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL OR finished_at >= started_at)"
                );
                table.HasCheckConstraint("chk_import_batches_error_message", "(status = 'failed') = (error_message IS NOT NULL)");
                table.HasCheckConstraint("chk_import_batches_policy", "policy IN ('skip', 'replace', 'fail')");
                table.HasCheckConstraint("chk_import_batches_bytes_read", "bytes_read >= 0 AND size >= 0");
                table.HasCheckConstraint(
                    "chk_import_batches_rows",
                    "least(rows_inserted, rows_updated, rows_skipped, rows_rejected) >= 0 AND rows_read = rows_inserted + rows_updated + rows_skipped + rows_rejected"
                );
            }
        );
        batch.HasKey(b => b.Id).HasName("pk_import_batches");
        batch.Property(b => b.Id).UseIdentityByDefaultColumn();
        batch.Property(b => b.File).HasComment("Name or path, as the importer was given it.");
        batch.Property(b => b.Sha256).HasMaxLength(64).HasComment("Of the file's bytes.");
        batch.Property(b => b.Source).HasMaxLength(20).HasComment("The source its bars carry.");
        batch
            .Property(b => b.Symbol)
            .HasMaxLength(Primitives.Symbol.MaxLength)
            .HasComment("What all rows are bars of; NULL when each says so itself.");
        batch
            .Property(b => b.Timeframe)
            .HasConversion(timeframe => timeframe!.Value.Name, text => Timeframe.Parse(text))
            .HasMaxLength(10)
            .HasComment("Of all rows; NULL when each says so itself.");
        batch
            .Property(b => b.Status)
            .HasConversion(status => InLowerCase(status), text => Enum.Parse<ImportStatus>(text, true))
            .HasMaxLength(20);
        batch.Property(b => b.Policy).HasMaxLength(10).HasDefaultValue("skip").HasComment("What becomes of bars that are there already.");
        batch.Property(b => b.Size).HasComment("Bytes of the file; NULL when it comes as a stream of unknown length.");
        batch.Property(b => b.BytesRead).HasDefaultValue(0L).HasComment("How many of them have been read.");
        batch
            .Property(b => b.HeartbeatAt)
            .HasDefaultValueSql("now()")
            .HasComment("When a part of it was last committed: one that runs and has been silent for long has died.");
        batch.Property(b => b.RowsSkipped).HasComment("Valid, and there already.");
        batch.Property(b => b.RowsRejected).HasComment("Kept in import_rejects.");
        foreach (
            var count in new[]
            {
                nameof(ImportBatch.RowsRead),
                nameof(ImportBatch.RowsInserted),
                nameof(ImportBatch.RowsUpdated),
                nameof(ImportBatch.RowsSkipped),
                nameof(ImportBatch.RowsRejected),
            }
        )
        {
            batch.Property(count).HasDefaultValue(0L);
        }

        batch.Property(b => b.StartedAt).HasDefaultValueSql("now()");
        batch.HasIndex(b => b.Sha256).HasFilter("status = 'completed'").HasDatabaseName("idx_import_batches_sha256");
        batch.HasIndex(b => b.StartedAt).IsDescending().HasDatabaseName("idx_import_batches_started_at");
    }

    private static void ImportReject(EntityTypeBuilder<ImportReject> reject)
    {
        reject.ToTable(
            "import_rejects",
            Schema,
            table =>
            {
                table.HasComment("Rows that an import did not take, as they stood in the file, and why.");
                table.HasCheckConstraint("chk_import_rejects_line_number", "line_number >= 1");
                table.HasCheckConstraint("chk_import_rejects_reason", "reason <> ''");
            }
        );
        reject.HasKey(r => new { r.BatchId, r.LineNumber }).HasName("pk_import_rejects");
        reject.Property(r => r.LineNumber).HasComment("From 1, the header included; in a file without lines, the number of the row.");
        reject
            .HasOne<ImportBatch>()
            .WithMany()
            .HasForeignKey(r => r.BatchId)
            .OnDelete(DeleteBehavior.Cascade)
            .HasConstraintName("fk_import_rejects_batch");
    }

    private static HypertableDeclaration PerBar(string orderBy) =>
        new()
        {
            TimeColumn = "timestamp",
            ChunkInterval = TimeSpan.FromDays(30),
            SegmentBy = "ticker_id, timeframe",
            OrderBy = orderBy,
            CompressAfter = TimeSpan.FromDays(7),
        };

    private static void HasTimeframe<T>(TableBuilder<T> table, string name)
        where T : class =>
        table.HasCheckConstraint(
            $"chk_{name}_timeframe",
            $"timeframe IN ({string.Join(", ", Timeframe.Stored.Select(timeframe => $"'{timeframe}'"))})"
        );

    private static void HasTimeframe(PropertyBuilder<Timeframe> timeframe) =>
        timeframe.HasConversion(value => value.Name, text => Timeframe.Parse(text)).HasMaxLength(10);

    private static string InLowerCase<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
