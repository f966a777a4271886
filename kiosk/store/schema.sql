-- The kiosk's one file. Grows only: the previous release must be able to read it. Nothing here names a patient.

CREATE TABLE IF NOT EXISTS event (
  id         TEXT PRIMARY KEY,               -- UUID version 7
  stream     TEXT NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq >= 1),
  signed     BLOB NOT NULL,                  -- the compact JWS, frozen
  attachment BLOB NOT NULL,                  -- the identity, sealed to the relay; empty once its time was over
  digest     BLOB NOT NULL,                  -- SHA-256 of `signed`
  filed_ms   INTEGER NOT NULL,               -- wall clock, for the age of the outbox
  position   INTEGER NOT NULL UNIQUE,        -- order of filing across streams
  UNIQUE (stream, seq)
) STRICT;

CREATE TABLE IF NOT EXISTS kept (
  event    TEXT PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
  until_ms INTEGER NOT NULL                  -- then its attachment is emptied, whether it was sent or not
) STRICT;

CREATE TABLE IF NOT EXISTS head (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  stream TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS counted (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  value INTEGER NOT NULL                     -- the last event's place in the device's count; no row without a counter
) STRICT;

CREATE TABLE IF NOT EXISTS mark (
  stream   TEXT PRIMARY KEY,
  acked    INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  pruned   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS ask (
  id         TEXT PRIMARY KEY,
  message    BLOB NOT NULL,                  -- signed and sealed, frozen
  expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS answer (
  ask     TEXT NOT NULL REFERENCES ask (id) ON DELETE CASCADE,
  n       INTEGER NOT NULL,
  message BLOB NOT NULL,                     -- sealed to the session: unreadable here
  PRIMARY KEY (ask, n)
) STRICT;

CREATE TABLE IF NOT EXISTS notice (
  name  TEXT PRIMARY KEY,                    -- what one process tells the other: reader, camera, link ...
  value TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS tally (
  ending TEXT PRIMARY KEY,                   -- how sessions ended
  n      INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS card_read (
  n              INTEGER PRIMARY KEY,        -- the newest few reads of a card, whoever's: how they went, not what they read
  at_ms          INTEGER NOT NULL,
  code           TEXT NOT NULL,
  commands       INTEGER NOT NULL,
  errors         INTEGER NOT NULL,
  ms_per_command REAL NOT NULL,
  bytes_per_s    REAL NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS opinion (
  day  INTEGER NOT NULL,                     -- days since 1970 in Bangkok: told when it is over, so that nobody is known by it
  code TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (day, code)
) STRICT;

CREATE TABLE IF NOT EXISTS announcements (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  at_ms   INTEGER NOT NULL,                  -- when the controller made the list; it only rises
  message BLOB NOT NULL                      -- as signed: whoever shows it verifies it again
) STRICT;

CREATE TABLE IF NOT EXISTS help_call (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  call    TEXT NOT NULL,                     -- a fresh random id while somebody waits for a helper; no row otherwise
  made_ms INTEGER NOT NULL,                  -- when the controller made `message`; it only rises
  message BLOB                               -- who comes, as signed: the one name here, a helper's, gone with the call
) STRICT;

CREATE TABLE IF NOT EXISTS order_nonce (
  n     INTEGER PRIMARY KEY,                 -- the newest few that the screen process has drawn
  nonce TEXT NOT NULL UNIQUE                 -- an order has to carry one of them; the process knows how old each is
) STRICT;

CREATE TABLE IF NOT EXISTS order_brought (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  n       INTEGER NOT NULL,
  message BLOB NOT NULL                      -- the order as signed: whoever acts on it verifies it again
) STRICT;

CREATE TABLE IF NOT EXISTS order_book (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  last       INTEGER NOT NULL,               -- the number of the last order that was taken; it only rises
  resting    INTEGER NOT NULL,               -- 1: closed by an order until another one opens it
  restarting INTEGER                         -- the order for which the screen process ends; NULL once it is back
) STRICT;

CREATE TABLE IF NOT EXISTS order_rotation (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  n       INTEGER NOT NULL,                  -- the order for which a new key is made; no row once its certificate is used
  from_ms INTEGER NOT NULL                   -- until when the certificate was good that is to be replaced
) STRICT;

CREATE TABLE IF NOT EXISTS order_update (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  n       INTEGER NOT NULL,                  -- the order for which a release is installed; no row once it was told
  release TEXT NOT NULL,
  ended   INTEGER NOT NULL DEFAULT 0,        -- 1: the updater has said what came of it
  reason  TEXT                               -- why it was not installed; NULL when it was
) STRICT;

CREATE TABLE IF NOT EXISTS order_result (
  digest  BLOB PRIMARY KEY,                  -- of the signed bytes: what a receipt names
  n       INTEGER NOT NULL,
  message BLOB NOT NULL                      -- what came of an order, as signed; gone with its receipt
) STRICT;

CREATE TABLE IF NOT EXISTS help_number (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  at_ms   INTEGER NOT NULL,                  -- when the controller told it; it only rises
  message BLOB NOT NULL                      -- as signed: whoever shows it verifies it again
) STRICT;

CREATE TABLE IF NOT EXISTS complaint (
  id      TEXT PRIMARY KEY,                  -- random; no row says when it was made, or after whom
  message BLOB NOT NULL                      -- as signed: one of a list under a drawn number; gone with its receipt
) STRICT, WITHOUT ROWID;
