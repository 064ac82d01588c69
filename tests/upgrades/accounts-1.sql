BEGIN TRANSACTION;
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "secrets" VALUES('signing',X'88AC5CBF3C7A4AF61E564E3A6B2DDDDCE548D81E8E02A090AAABF5D522DF3735');
CREATE TABLE sessions (
	digest BLOB NOT NULL, 
	user_id INTEGER NOT NULL, 
	created FLOAT NOT NULL, 
	seen FLOAT NOT NULL, 
	PRIMARY KEY (digest), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	user_id INTEGER, 
	digest BLOB NOT NULL, 
	scopes TEXT NOT NULL, 
	created FLOAT NOT NULL, 
	expires FLOAT, 
	revoked FLOAT, 
	used FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	UNIQUE (digest)
);
INSERT INTO "tokens" VALUES(1,'dashboard','dashboard',1,X'05D90A63BC9A348D2E3C1305330A5D1F4100FCA35A157637B5E6D50658E0E331','read',1.79580361494134116e+09,NULL,NULL,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	password TEXT NOT NULL, 
	role TEXT NOT NULL, 
	created FLOAT NOT NULL, 
	disabled FLOAT, 
	UNIQUE ("key")
);
INSERT INTO "users" VALUES(1,'ana','ana','$argon2id$v=19$m=65536,t=3,p=4$9YXFyWrIi8ULWAmLHKfLfA$c01nX9YzjgU52+dUdECMh4VMt5qSTuf1k45MLpjc2fQ','administrator',1.7958036149295125e+09,NULL);
CREATE INDEX ix_tokens_user_id ON tokens (user_id);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',1);
COMMIT;
PRAGMA user_version = 1;
