BEGIN TRANSACTION;
CREATE TABLE records (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at FLOAT NOT NULL, 
	kind TEXT NOT NULL, 
	who TEXT, 
	action TEXT NOT NULL, 
	target TEXT, 
	outcome TEXT NOT NULL, 
	address TEXT, 
	request_id TEXT
);
INSERT INTO "records" VALUES(1,1.79580361512736845e+09,'command','root','user add','ana','done',NULL,NULL);
CREATE INDEX ix_records_at ON records (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('records',1);
COMMIT;
PRAGMA user_version = 1;
