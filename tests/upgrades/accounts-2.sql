BEGIN TRANSACTION;
CREATE TABLE provided (
	user_id INTEGER NOT NULL, 
	issuer TEXT NOT NULL, 
	subject TEXT, 
	PRIMARY KEY (user_id), 
	UNIQUE (issuer, subject), 
	FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "provided" VALUES(2,'https://login.example','u-2');
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "secrets" VALUES('signing',X'AB818AE94950200504EE6F40045556388602F8196A35CAD3C7838D9DF6862F19');
INSERT INTO "secrets" VALUES('id',X'8BC98DDF6A99FA38702A25C1AC3D92D546CCD5EF12E303F05EEA7C128D4B9E08');
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
INSERT INTO "tokens" VALUES(1,'dashboard','dashboard',1,X'4AB087A1A894B46E5AB828CF00B0C9DEFEA0933562DEC99C1CFE3C2BD96EBE90','read',1795816517.60578,NULL,NULL,NULL);
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
INSERT INTO "users" VALUES(1,'ana','ana','$argon2id$v=19$m=65536,t=3,p=4$s9QTGoxOClu3Qm9RWR114Q$a4uu2GFfGwhdXIMgFovn7D8Tm8HH/E1l+e4ua4ASskE','administrator',1.79581651759998059e+09,NULL);
INSERT INTO "users" VALUES(2,'bea','bea','','member',1.79581651760869526e+09,NULL);
CREATE INDEX ix_tokens_user_id ON tokens (user_id);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',2);
COMMIT;
PRAGMA user_version = 2;
