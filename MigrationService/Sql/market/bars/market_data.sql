CREATE VIEW market.market_data AS
SELECT b.timestamp AS time, t.symbol, '1m'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1m b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '5m'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_5m b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '5m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '15m'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_15m b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '15m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '30m'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_30m b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '30m' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '1h'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1h b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1h' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '4h'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_4h b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '4h' AND i.timestamp = b.timestamp
UNION ALL
SELECT b.timestamp AS time, t.symbol, '1d'::varchar(10) AS timeframe,
       b.open AS open_price, b.high AS high_price, b.low AS low_price, b.close AS close_price, b.volume, b.trade_count,
       i.volume_24h, b.vwap AS volume_weighted_price,
       i.sma_20, i.sma_50, i.ema_12, i.ema_26, i.rsi_14, i.macd, i.macd_signal, i.macd_histogram, i.bb_upper, i.bb_middle, i.bb_lower,
       b.quality_score AS data_quality_score, b.source
  FROM market.bars_1d b
  JOIN market.tickers t ON t.id = b.ticker_id
  LEFT JOIN market.indicators i ON i.ticker_id = b.ticker_id AND i.timeframe = '1d' AND i.timestamp = b.timestamp;
COMMENT ON VIEW market.market_data IS 'Bars with their indicators, under the column names of the trading bot''s table.';
GRANT SELECT ON market.market_data TO wyckoff_app, wyckoff_worker, wyckoff_reader;
