BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email VARCHAR(320) NOT NULL, 
	keycloak_id VARCHAR(64), 
	written VARCHAR(64), 
	intended VARCHAR(64), 
	CONSTRAINT uq_account_email UNIQUE (email), 
	CONSTRAINT uq_account_keycloak_id UNIQUE (keycloak_id)
);
INSERT INTO "account" VALUES(1,'returned@agglo-lys.example','7c9428d9-febd-48c5-99dc-40973d6e5873','4f827c485643c0c0381d657de108fcb851ef464b341dbbd934ad5fb7028f117f','4f827c485643c0c0381d657de108fcb851ef464b341dbbd934ad5fb7028f117f');
INSERT INTO "account" VALUES(2,'mailed@agglo-lys.example','3ad982d9-e6af-490d-8021-91aa91b21ded','7c62a9d581936cf66ffaea90b4a9bc8eef5154002dbb0b9c8bcc03f6eae08519','7c62a9d581936cf66ffaea90b4a9bc8eef5154002dbb0b9c8bcc03f6eae08519');
INSERT INTO "account" VALUES(3,'both@agglo-lys.example','a66c2759-f90c-4dd4-92aa-dc0b423c0ce3','098a73a256a6d39ddbd67ae88e009a9477c62f5a5e3503512e4ca8da07c74227','098a73a256a6d39ddbd67ae88e009a9477c62f5a5e3503512e4ca8da07c74227');
INSERT INTO "account" VALUES(4,'un@sivom.example','8491aef8-ac0e-44ab-b146-4100c64a176e','11f7695cea5c8af1ed6ec7c76161cdfe66a89d849d9a45487d795635fcfeee87','11f7695cea5c8af1ed6ec7c76161cdfe66a89d849d9a45487d795635fcfeee87');
INSERT INTO "account" VALUES(5,'deux@sivom.example','508ed9bf-57f8-4861-bc9e-301759489c47','c8892f428416b8d978db2766cbca57c6db4ba657a665eacfd04e2f2ca71171da','c8892f428416b8d978db2766cbca57c6db4ba657a665eacfd04e2f2ca71171da');
INSERT INTO "account" VALUES(6,'trois@sivom.example','593c1701-5248-49eb-9675-7584fce8cf88','3030116fe53cd19a00826eed0aeab3dd51a6c17e14c0ce4e8a779d6495fdd5da','3030116fe53cd19a00826eed0aeab3dd51a6c17e14c0ce4e8a779d6495fdd5da');
INSERT INTO "account" VALUES(7,'quatre@sivom.example','2045743e-937c-4c7d-b76d-ef290b685808','a1b8ad3c5a77e6d6c1596d7205299cebd0b9cfbf17128d1fa698b96923765072','a1b8ad3c5a77e6d6c1596d7205299cebd0b9cfbf17128d1fa698b96923765072');
INSERT INTO "account" VALUES(8,'planned@agglo-lys.example',NULL,NULL,NULL);
INSERT INTO "account" VALUES(9,'owed@agglo-lys.example','781126af-bdae-4138-85c6-219b85dadd3e','828087e82df50c2a94977331b7c052e53ae35baf307b03dd89a72886b4a7da0f','828087e82df50c2a94977331b7c052e53ae35baf307b03dd89a72886b4a7da0f');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE annexe (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	partner VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	file_name TEXT NOT NULL, 
	content BLOB NOT NULL, 
	transmitted_on DATE, 
	received_on DATE NOT NULL, 
	submitted_at VARCHAR(32) NOT NULL, 
	approved_at VARCHAR(32), 
	approved_by TEXT, 
	plan_id VARCHAR(8), 
	decisions TEXT, 
	applied_at VARCHAR(32), 
	rejected_at VARCHAR(32), 
	rejected_by TEXT, 
	reason TEXT, 
	CONSTRAINT fk_annexe_partner FOREIGN KEY(partner) REFERENCES partner (code), 
	CONSTRAINT uq_annexe_partner_sha256 UNIQUE (partner, sha256)
);
INSERT INTO "annexe" VALUES(5,'sivom','9ed227c049f0dca3505c975163f44e59db1bd2f84fab2f716ba1c74045496af4','sivom-2.csv',X'414E4E4558452031203A2053756976692064657320686162696C69746174696F6E730A44617465206465207472616E736D697373696F6E203A3B323032362D30382D31350A0A31202D204C697374652064657320706572736F6E6E657320706F7572206C65737175656C6C657320756E206E6F7576656C20616363C3A873206573742064656D616E64C3A90A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652064656D616E6465206427686162696C69746174696F6E0A426F74683B43616D696C6C653B6167656E743B626F7468406167676C6F2D6C79732E6578616D706C653B323032362D30372D31300A446575783B43616D696C6C653B6167656E743B64657578407369766F6D2E6578616D706C653B323032362D30372D31300A54726F69733B43616D696C6C653B6167656E743B74726F6973407369766F6D2E6578616D706C653B323032362D30372D31300A5175617472653B43616D696C6C653B6167656E743B717561747265407369766F6D2E6578616D706C653B323032362D30372D31300A0A32202D204C697374652064657320706572736F6E6E657320C3A020636CC3B474757265720A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652066696E206427686162696C69746174696F6E0A556E3B43616D696C6C653B6167656E743B756E407369766F6D2E6578616D706C653B323032362D30382D31350A','2026-08-15','2026-08-16','2026-08-16T02:12:51.677660+00:00','2026-08-16T02:12:52.786784+00:00','Claire Martin','c6163a7c','{"close": [], "keep": [], "waive": {"1": "Mission commune"}}','2026-08-16T02:12:52.805153+00:00',NULL,NULL,NULL);
INSERT INTO "annexe" VALUES(6,'sivom','ea5e4cbf6013425e207fed4a2f49b640c1865b156c6874efbd1ef206007136a1','sivom-3.csv',X'414E4E4558452031203A2053756976692064657320686162696C69746174696F6E730A44617465206465207472616E736D697373696F6E203A3B323032362D30382D32390A0A31202D204C697374652064657320706572736F6E6E657320706F7572206C65737175656C6C657320756E206E6F7576656C20616363C3A873206573742064656D616E64C3A90A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652064656D616E6465206427686162696C69746174696F6E0A426F74683B43616D696C6C653B6167656E743B626F7468406167676C6F2D6C79732E6578616D706C653B323032362D30372D31300A5175617472653B43616D696C6C653B6167656E743B717561747265407369766F6D2E6578616D706C653B323032362D30372D31300A0A32202D204C697374652064657320706572736F6E6E657320C3A020636CC3B474757265720A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652066696E206427686162696C69746174696F6E0A556E3B43616D696C6C653B6167656E743B756E407369766F6D2E6578616D706C653B323032362D30382D31350A446575783B43616D696C6C653B6167656E743B64657578407369766F6D2E6578616D706C653B323032362D30382D32390A54726F69733B43616D696C6C653B6167656E743B74726F6973407369766F6D2E6578616D706C653B323032362D30382D32390A','2026-08-29','2026-08-30','2026-08-30T02:12:54.755047+00:00','2026-08-30T02:12:54.753968+00:00','Claire Martin','985b1749','{"close": [], "keep": [], "waive": {"1": "Mission commune"}}',NULL,NULL,NULL,NULL);
INSERT INTO "annexe" VALUES(7,'agglo-lys','1ec2263b0a50620f7e2d9dc52db2b4feec3ddd225221817cb0ef6fc0d8873f6d','agglo-4.csv',X'414E4E4558452031203A2053756976692064657320686162696C69746174696F6E730A44617465206465207472616E736D697373696F6E203A3B323032362D30382D32390A0A31202D204C697374652064657320706572736F6E6E657320706F7572206C65737175656C6C657320756E206E6F7576656C20616363C3A873206573742064656D616E64C3A90A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652064656D616E6465206427686162696C69746174696F6E0A4D61696C65643B43616D696C6C653B6167656E743B6D61696C6564406167676C6F2D6C79732E6578616D706C653B323032362D30352D31300A426F74683B43616D696C6C653B6167656E743B626F7468406167676C6F2D6C79732E6578616D706C653B323032362D30352D31300A52657475726E65643B43616D696C6C653B6167656E743B72657475726E6564406167676C6F2D6C79732E6578616D706C653B323032362D30372D31300A506C616E6E65643B43616D696C6C653B6167656E743B706C616E6E6564406167676C6F2D6C79732E6578616D706C653B323032362D31322D30310A4F7765643B43616D696C6C653B6167656E743B6F776564406167676C6F2D6C79732E6578616D706C653B323032362D30382D32390A0A32202D204C697374652064657320706572736F6E6E657320C3A020636CC3B474757265720A4E6F6D3B5072C3A96E6F6D3B466F6E6374696F6E2F7175616C6974C3A93B4164726573736520C3A96C656374726F6E697175653B446174652064652066696E206427686162696C69746174696F6E0A','2026-08-29','2026-08-30','2026-08-30T02:12:56.162671+00:00','2026-08-30T02:12:56.153617+00:00','Claire Martin','3874215f','{"close": [], "keep": [], "waive": {"2": "Mission commune"}}','2026-08-30T02:12:56.206299+00:00',NULL,NULL,NULL);
CREATE TABLE habilitation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	partner VARCHAR(64) NOT NULL, 
	account INTEGER NOT NULL, 
	last_name TEXT NOT NULL, 
	first_names TEXT NOT NULL, 
	function TEXT NOT NULL, 
	requested_on DATE NOT NULL, 
	transmitted_on DATE NOT NULL, 
	opened_at VARCHAR(32), 
	ended_on DATE, 
	end_rule VARCHAR(8), 
	end_transmitted_on DATE, 
	end_recorded_on DATE, 
	closed_at VARCHAR(32), 
	waived TEXT NOT NULL, 
	CONSTRAINT fk_habilitation_account FOREIGN KEY(account) REFERENCES account (id), 
	CONSTRAINT fk_habilitation_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "habilitation" VALUES(1,'agglo-lys',1,'Returned','Camille','agent','2026-05-10','2026-05-15','2026-05-16T02:12:40.988757+00:00','2026-06-15','A3','2026-06-15','2026-06-16','2026-06-16T02:12:44.113045+00:00','');
INSERT INTO "habilitation" VALUES(2,'agglo-lys',2,'Mailed','Camille','agent','2026-05-10','2026-08-29','2026-05-16T02:12:40.988825+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(3,'agglo-lys',3,'Both','Camille','agent','2026-05-10','2026-08-29','2026-05-16T02:12:40.987765+00:00',NULL,NULL,NULL,NULL,NULL,'address-of-other-partner');
INSERT INTO "habilitation" VALUES(4,'sivom',3,'Both','Camille','agent','2026-07-10','2026-08-15','2026-07-16T02:12:47.752102+00:00',NULL,NULL,NULL,NULL,NULL,'address-of-other-partner email-domain');
INSERT INTO "habilitation" VALUES(5,'sivom',4,'Un','Camille','agent','2026-07-10','2026-07-15','2026-07-16T02:12:47.751212+00:00','2026-08-15','A3','2026-08-15','2026-08-16','2026-08-16T02:12:53.265735+00:00','');
INSERT INTO "habilitation" VALUES(6,'sivom',5,'Deux','Camille','agent','2026-07-10','2026-08-15','2026-07-16T02:12:47.752315+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(7,'sivom',6,'Trois','Camille','agent','2026-07-10','2026-08-15','2026-07-16T02:12:47.752408+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(8,'sivom',7,'Quatre','Camille','agent','2026-07-10','2026-08-15','2026-07-16T02:12:47.752234+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(9,'agglo-lys',1,'Returned','Camille','agent','2026-07-10','2026-08-29','2026-07-16T02:12:50.103008+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(10,'agglo-lys',8,'Planned','Camille','agent','2026-12-01','2026-08-29',NULL,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(11,'agglo-lys',9,'Owed','Camille','agent','2026-08-29','2026-08-29','2026-08-30T02:12:56.438877+00:00',NULL,NULL,NULL,NULL,NULL,'');
CREATE TABLE hold (
	id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	partner VARCHAR(64), 
	account INTEGER, 
	reason TEXT NOT NULL, 
	plan_id VARCHAR(8), 
	covers TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	until DATE, 
	released_at VARCHAR(32), 
	released_by TEXT, 
	release_reason TEXT, 
	CONSTRAINT pk_hold PRIMARY KEY (id), 
	CONSTRAINT fk_hold_account FOREIGN KEY(account) REFERENCES account (id), 
	CONSTRAINT fk_hold_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "hold" VALUES(1,'limit','sivom',NULL,'closures','c6163a7c','[5]','2026-08-16T02:12:51.697954+00:00',NULL,'2026-08-16T02:12:52.818927+00:00','Claire Martin','superseded');
INSERT INTO "hold" VALUES(2,'limit','sivom',NULL,'closures','c6163a7c','[5]','2026-08-16T02:12:52.819882+00:00',NULL,'2026-08-16T02:12:52.819885+00:00','Claire Martin','--allow');
INSERT INTO "hold" VALUES(3,'limit','sivom',NULL,'closures','985b1749','[6, 7]','2026-08-30T02:12:54.770695+00:00',NULL,NULL,NULL,NULL);
CREATE TABLE invitation (
	id INTEGER NOT NULL, 
	habilitation INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	tries INTEGER NOT NULL, 
	intended_at VARCHAR(32) NOT NULL, 
	keycloak_time VARCHAR(32) NOT NULL, 
	lifespan_seconds INTEGER NOT NULL, 
	sent_at VARCHAR(32), 
	failed_at VARCHAR(32), 
	CONSTRAINT pk_invitation PRIMARY KEY (id), 
	CONSTRAINT fk_invitation_habilitation FOREIGN KEY(habilitation) REFERENCES habilitation (id), 
	CONSTRAINT uq_invitation_habilitation_attempt UNIQUE (habilitation, attempt)
);
INSERT INTO "invitation" VALUES(1,3,1,1,'2026-05-16T02:12:41.024546+00:00','2026-05-16T02:12:41.024546+00:00',86400,'2026-05-16T02:12:41.590771+00:00',NULL);
INSERT INTO "invitation" VALUES(2,2,1,1,'2026-05-16T02:12:41.024555+00:00','2026-05-16T02:12:41.024555+00:00',86400,'2026-05-16T02:12:41.590092+00:00',NULL);
INSERT INTO "invitation" VALUES(3,1,1,1,'2026-05-16T02:12:41.024559+00:00','2026-05-16T02:12:41.024559+00:00',86400,'2026-05-16T02:12:41.590808+00:00',NULL);
INSERT INTO "invitation" VALUES(4,6,1,1,'2026-07-16T02:12:47.775125+00:00','2026-07-16T02:12:47.775125+00:00',86400,'2026-07-16T02:12:48.385637+00:00',NULL);
INSERT INTO "invitation" VALUES(5,8,1,1,'2026-07-16T02:12:47.775137+00:00','2026-07-16T02:12:47.775137+00:00',86400,'2026-07-16T02:12:48.385683+00:00',NULL);
INSERT INTO "invitation" VALUES(6,7,1,1,'2026-07-16T02:12:47.775142+00:00','2026-07-16T02:12:47.775142+00:00',86400,'2026-07-16T02:12:48.385573+00:00',NULL);
INSERT INTO "invitation" VALUES(7,5,1,1,'2026-07-16T02:12:47.775148+00:00','2026-07-16T02:12:47.775148+00:00',86400,'2026-07-16T02:12:48.384659+00:00',NULL);
INSERT INTO "invitation" VALUES(8,9,1,1,'2026-07-16T02:12:50.143577+00:00','2026-07-16T02:12:50.143577+00:00',86400,'2026-07-16T02:12:50.404665+00:00',NULL);
INSERT INTO "invitation" VALUES(9,11,1,1,'2026-08-30T02:12:56.542760+00:00','2026-08-30T02:12:56.542760+00:00',86400,NULL,'2026-08-30T02:12:56.981207+00:00');
CREATE TABLE journal_detail (
	entry INTEGER NOT NULL, 
	salt VARCHAR(64) NOT NULL, 
	habilitation INTEGER, 
	data TEXT NOT NULL, 
	CONSTRAINT pk_journal_detail PRIMARY KEY (entry), 
	CONSTRAINT fk_journal_detail_entry FOREIGN KEY(entry) REFERENCES journal_entry (entry)
);
INSERT INTO "journal_detail" VALUES(1,'453ca5d20c93dd293f0e284f8892a9a7',NULL,'{"code":"agglo-lys","ctg_end":"2030-12-31","domains":["agglo-lys.example","xn--vian-9oa.example"],"ends_on":null,"group_id":null,"name":"Agglo Lys","signed_on":"2026-05-02"}');
INSERT INTO "journal_detail" VALUES(2,'19d51a9ea9c39dcb018113f7f2a82ec0',NULL,'{"code":"sivom","ctg_end":"2030-12-31","domains":["sivom.example","xn--vian-9oa.example"],"ends_on":null,"group_id":null,"name":"SIVOM","signed_on":"2026-05-02"}');
INSERT INTO "journal_detail" VALUES(3,'ca2ef4eda6c388cbcb1fd112e7fbf97c',NULL,'{"annexe":1,"annexe_sha256":"82da02b915074eed48f23a8fb639c4bd7c2c3e9293bb0d085aadf5312e011466","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{}},"plan":"6da76285"}');
INSERT INTO "journal_detail" VALUES(4,'9798cb99f7b73cff6e27c81937f6dae2',1,'{"closed_at":null,"email":"returned@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Returned","opened_at":null,"partner":"agglo-lys","requested_on":"2026-05-10","transmitted_on":"2026-05-15","waived":""}');
INSERT INTO "journal_detail" VALUES(5,'a94c187fd0e349396db86cf6479ff90f',2,'{"closed_at":null,"email":"mailed@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Mailed","opened_at":null,"partner":"agglo-lys","requested_on":"2026-05-10","transmitted_on":"2026-05-15","waived":""}');
INSERT INTO "journal_detail" VALUES(6,'992b961250d70ef09af66a8f72261cb5',3,'{"closed_at":null,"email":"both@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Both","opened_at":null,"partner":"agglo-lys","requested_on":"2026-05-10","transmitted_on":"2026-05-15","waived":""}');
INSERT INTO "journal_detail" VALUES(7,'849e9b28eb27c67cbe32332043216333',NULL,'{"annexe":1,"destroyed":0}');
INSERT INTO "journal_detail" VALUES(8,'0689fe152411b73765769f0b03be5adc',NULL,'{"realm":"bd89b1e4-6cf2-47f4-a010-a9aca37eb84a"}');
INSERT INTO "journal_detail" VALUES(9,'34dc13136b5f435f9f88121de8c6ea0a',NULL,'{"changes":[["group",null],["open",3],["open",2],["open",1],["invite",3],["invite",2],["invite",1]]}');
INSERT INTO "journal_detail" VALUES(10,'f6f7e1a674189bf1fdee809b7b80c256',NULL,'{"group":"d67ac3d5-c276-4339-9f37-da9a16664314"}');
INSERT INTO "journal_detail" VALUES(17,'ec7324502875dad91ee8c08319d8a3ad',NULL,'{"annexe":2,"annexe_sha256":"5b1d715cc4e5b6f586d0df8986de3c978100a7b53a3b714dd0bbcbbd3b045ce1","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{}},"plan":"cf1d05a1"}');
INSERT INTO "journal_detail" VALUES(18,'360e545237a5882f2291a21da273e5f6',1,'{"end_recorded_on":"2026-06-16","end_rule":"A3","end_transmitted_on":"2026-06-15","ended_on":"2026-06-15"}');
INSERT INTO "journal_detail" VALUES(19,'6ff89f9b140793a309a348e37567e335',NULL,'{"annexe":2,"destroyed":1}');
INSERT INTO "journal_detail" VALUES(20,'7319951046961bae5ab1160a843e1978',NULL,'{"changes":[["close",1]]}');
INSERT INTO "journal_detail" VALUES(22,'8e7e674b01df38c44530899788aa124d',NULL,'{"annexe":3,"annexe_sha256":"fa0375c485c4d161eaddc0b449340a692f1d78c8105c21c25aa73513493a729c","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"1":"Mission commune"}},"plan":"125cf0d8"}');
INSERT INTO "journal_detail" VALUES(23,'361bd304de11d6bd8aad5f39c5d9cef1',4,'{"closed_at":null,"email":"both@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Both","opened_at":null,"partner":"sivom","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":"address-of-other-partner email-domain"}');
INSERT INTO "journal_detail" VALUES(24,'b0953642355b71ff5bd523eeae6cc0c4',5,'{"closed_at":null,"email":"un@sivom.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Un","opened_at":null,"partner":"sivom","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(25,'ee11360cc74caa06e0df9990f59d1426',6,'{"closed_at":null,"email":"deux@sivom.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Deux","opened_at":null,"partner":"sivom","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(26,'2a482770af1fc9d0b93418da15708623',7,'{"closed_at":null,"email":"trois@sivom.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Trois","opened_at":null,"partner":"sivom","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(27,'10439f15d9efc420814b131ab8460c7b',8,'{"closed_at":null,"email":"quatre@sivom.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Quatre","opened_at":null,"partner":"sivom","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(28,'be0cb612fe8c5e48c93100258b245f48',NULL,'{"annexe":3,"destroyed":0}');
INSERT INTO "journal_detail" VALUES(29,'ef7b60da6c34f0b5ffce468956278471',NULL,'{"changes":[["group",null],["open",4],["open",6],["open",8],["open",7],["open",5],["invite",6],["invite",8],["invite",7],["invite",5]]}');
INSERT INTO "journal_detail" VALUES(30,'fccdce90c53cb535cc9fb824a53f6951',NULL,'{"group":"b17a39af-deca-401f-b57d-090572026581"}');
INSERT INTO "journal_detail" VALUES(40,'a9b67ee489fd673369a70c471514db79',NULL,'{"annexe":4,"annexe_sha256":"212625a84d92414a0f5fe823086c9cc5d702dfb8fed3881ef47374e2ebe40071","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"2":"Mission commune"}},"plan":"464dcc2a"}');
INSERT INTO "journal_detail" VALUES(41,'5e5beee40d0332b49a153655ff5ec695',9,'{"closed_at":null,"email":"returned@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Returned","opened_at":null,"partner":"agglo-lys","requested_on":"2026-07-10","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(42,'8859a44cecc8ed7aae745e94f45cb8b5',10,'{"closed_at":null,"email":"planned@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Planned","opened_at":null,"partner":"agglo-lys","requested_on":"2026-12-01","transmitted_on":"2026-07-15","waived":""}');
INSERT INTO "journal_detail" VALUES(43,'a8b0afd0979dead0af856fba780adc5d',3,'{"transmitted_on":"2026-07-15","waived":"address-of-other-partner"}');
INSERT INTO "journal_detail" VALUES(44,'adb886045145c9f739551680804a9b04',NULL,'{"annexe":4,"destroyed":1}');
INSERT INTO "journal_detail" VALUES(45,'715b2dd32c47ec8a51bf50542f48d8e1',NULL,'{"changes":[["reopen",9],["invite",9]]}');
INSERT INTO "journal_detail" VALUES(48,'62a1fbc235895c6bbac6dbd4e77ca948',NULL,'{"annexe":5,"annexe_sha256":"9ed227c049f0dca3505c975163f44e59db1bd2f84fab2f716ba1c74045496af4","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"1":"Mission commune"}},"plan":"c6163a7c"}');
INSERT INTO "journal_detail" VALUES(49,'2e08681ae4b76bacd43a8d8526522eae',NULL,'{"plan":"c6163a7c","reason":"closures"}');
INSERT INTO "journal_detail" VALUES(50,'a701561f0b1ce3dc618478fdcebd399e',NULL,'{"annexe":5,"annexe_sha256":"9ed227c049f0dca3505c975163f44e59db1bd2f84fab2f716ba1c74045496af4","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"1":"Mission commune"}},"plan":"c6163a7c"}');
INSERT INTO "journal_detail" VALUES(51,'7de4bca548f21b27b696d45aa21bf07e',5,'{"end_recorded_on":"2026-08-16","end_rule":"A3","end_transmitted_on":"2026-08-15","ended_on":"2026-08-15"}');
INSERT INTO "journal_detail" VALUES(52,'5df5919d9e0103435ec91bb5fa60dc45',NULL,'{"annexe":5,"destroyed":1}');
INSERT INTO "journal_detail" VALUES(53,'8dc6d7a431b679e812d32f544487e707',NULL,'{"by":"Claire Martin","plan":"c6163a7c"}');
INSERT INTO "journal_detail" VALUES(54,'2bb7e1506f1ab8bd02e40367224ae4c0',NULL,'{"changes":[["close",5]]}');
INSERT INTO "journal_detail" VALUES(56,'8456b91c7895e87e9d5c312f603d3f6b',NULL,'{"annexe":6,"annexe_sha256":"ea5e4cbf6013425e207fed4a2f49b640c1865b156c6874efbd1ef206007136a1","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"1":"Mission commune"}},"plan":"985b1749"}');
INSERT INTO "journal_detail" VALUES(57,'248ab93c4dc5034eed346dc72c1682d4',NULL,'{"plan":"985b1749","reason":"closures"}');
INSERT INTO "journal_detail" VALUES(58,'dc905ba0b66de06677d4adffa4a917d0',NULL,'{"annexe":7,"annexe_sha256":"1ec2263b0a50620f7e2d9dc52db2b4feec3ddd225221817cb0ef6fc0d8873f6d","by":"Claire Martin","decisions":{"close":[],"keep":[],"waive":{"2":"Mission commune"}},"plan":"3874215f"}');
INSERT INTO "journal_detail" VALUES(59,'901de6cf0b3645aef6f3f15e9ef4fab5',11,'{"closed_at":null,"email":"owed@agglo-lys.example","end_recorded_on":null,"end_rule":null,"end_transmitted_on":null,"ended_on":null,"first_names":"Camille","function":"agent","last_name":"Owed","opened_at":null,"partner":"agglo-lys","requested_on":"2026-08-29","transmitted_on":"2026-08-29","waived":""}');
INSERT INTO "journal_detail" VALUES(60,'4167c2e53e7fd4950bbf876a4c79471a',NULL,'{"annexe":7,"destroyed":1}');
INSERT INTO "journal_detail" VALUES(61,'1a3925c283fc2d000e99b567ce0d770b',NULL,'{"changes":[["open",11],["invite",11]]}');
CREATE TABLE journal_entry (
	entry INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_journal_entry PRIMARY KEY (entry), 
	CONSTRAINT uq_journal_entry_previous UNIQUE (previous), 
	CONSTRAINT uq_journal_entry_sha256 UNIQUE (sha256)
);
INSERT INTO "journal_entry" VALUES(1,'{"action":"partner.add","at":"2026-05-16T02:12:38.295880+00:00","by":"partner add","details":"4fc4fd1d951b2c6b66fcf052f9830448a27cbe206a3abf573884b8d2d537732d","entry":1,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":null,"today_moved":"2026-05-16"}','0000000000000000000000000000000000000000000000000000000000000000','32ba02fbae0297fe5878a26fb090359e66068fa4c20007877370ec9cab4f91f4');
INSERT INTO "journal_entry" VALUES(2,'{"action":"partner.add","at":"2026-05-16T02:12:38.396566+00:00","by":"partner add","details":"424b97e48d0b50aac3f126774be3cfb7062ad264fa7aab6cf0ec1bd70efc6a4c","entry":2,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":null,"today_moved":"2026-05-16"}','32ba02fbae0297fe5878a26fb090359e66068fa4c20007877370ec9cab4f91f4','e3eaaf7a6520748399952964bd66a67f3a90bae35ca7aba3ef14ed23eeb55db0');
INSERT INTO "journal_entry" VALUES(3,'{"action":"annexe.approved","at":"2026-05-16T02:12:40.392998+00:00","by":"Claire Martin","details":"9586074957cb350bfc1996b906f78d42a9218dc5076edf9331d622bab0406f79","entry":3,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-05-16"}','e3eaaf7a6520748399952964bd66a67f3a90bae35ca7aba3ef14ed23eeb55db0','c4d63636190b7eb562a71e5e896038b5d8a683646c55877d724e4db065a429ab');
INSERT INTO "journal_entry" VALUES(4,'{"action":"habilitation.asked","at":"2026-05-16T02:12:40.421030+00:00","by":"Claire Martin","details":"e2feba409a0db5bc187f1ee2e4719fb25e6f1fe482514611e3336c61825e3d15","entry":4,"habilitation":1,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','c4d63636190b7eb562a71e5e896038b5d8a683646c55877d724e4db065a429ab','dd5069b536819defdd5b3beede9de47a9c04a01aca5852c38df5bde7c222dc06');
INSERT INTO "journal_entry" VALUES(5,'{"action":"habilitation.asked","at":"2026-05-16T02:12:40.421208+00:00","by":"Claire Martin","details":"ebb6e677b60c53f627bad8348e1a88331b9b57236e40be128df919a8b2126309","entry":5,"habilitation":2,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','dd5069b536819defdd5b3beede9de47a9c04a01aca5852c38df5bde7c222dc06','f74fa190000f2e1ff8e564f9b0b1f71d69e5cb54bccdb50c99ee763953ec0546');
INSERT INTO "journal_entry" VALUES(6,'{"action":"habilitation.asked","at":"2026-05-16T02:12:40.421265+00:00","by":"Claire Martin","details":"7012284c26e73cca74e7af17aaf11254607bfae528d1638b501fc0b76c2d9ff1","entry":6,"habilitation":3,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','f74fa190000f2e1ff8e564f9b0b1f71d69e5cb54bccdb50c99ee763953ec0546','e23f89299a1ac58351b3c8203362146e9b152262aed80f2772687e1afe7769e1');
INSERT INTO "journal_entry" VALUES(7,'{"action":"annexe.applied","at":"2026-05-16T02:12:40.432544+00:00","by":"Claire Martin","details":"6c5d19aaca5909043474172dc756bca46e826860c9ffbd53cc1829cc4ba2b04d","entry":7,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-05-16"}','e23f89299a1ac58351b3c8203362146e9b152262aed80f2772687e1afe7769e1','1856a4cc15ed5c650f445efbd3a122d6ed7e87297b52d18709af5e58bc258f2a');
INSERT INTO "journal_entry" VALUES(8,'{"action":"realm.recorded","at":"2026-05-16T02:12:40.472903+00:00","by":"Claire Martin","details":"0504d63ce0a313aec5b53c54d14e1a4ebfe9457586c3f0be2ed90fc87064c257","entry":8,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-05-16"}','1856a4cc15ed5c650f445efbd3a122d6ed7e87297b52d18709af5e58bc258f2a','8675b2ae0becf1c0b94a85fd797ef005f5ef589ca32b8bc6da60756ad6a27047');
INSERT INTO "journal_entry" VALUES(9,'{"action":"run.begun","at":"2026-05-16T02:12:40.473085+00:00","by":"Claire Martin","details":"76bcc4ae032d70c45c433805aa1b39e9deff4d4baddfd46c52553ca7a66c9a35","entry":9,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-05-16"}','8675b2ae0becf1c0b94a85fd797ef005f5ef589ca32b8bc6da60756ad6a27047','2dde71c7b8ecd13e0c91a7ad2f8fd61e1eee01f67ac4df1bf3f1e282f397b1c6');
INSERT INTO "journal_entry" VALUES(10,'{"action":"group","at":"2026-05-16T02:12:40.666336+00:00","by":"Claire Martin","details":"2757ffde8b381179651c590e7dfde422802d4cb1c8c5b6cd12561deacdab4244","entry":10,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','2dde71c7b8ecd13e0c91a7ad2f8fd61e1eee01f67ac4df1bf3f1e282f397b1c6','64c9526a1891bae1e28d071d4a0a7ab691258876d018a50aea7a96404f69d56a');
INSERT INTO "journal_entry" VALUES(11,'{"action":"open","at":"2026-05-16T02:12:40.988532+00:00","by":"Claire Martin","details":null,"entry":11,"habilitation":3,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','64c9526a1891bae1e28d071d4a0a7ab691258876d018a50aea7a96404f69d56a','bea08c0ebd1faf001fe2ff7c3badd949f308f9ac96a0fe15229a491242155127');
INSERT INTO "journal_entry" VALUES(12,'{"action":"open","at":"2026-05-16T02:12:40.988764+00:00","by":"Claire Martin","details":null,"entry":12,"habilitation":1,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','bea08c0ebd1faf001fe2ff7c3badd949f308f9ac96a0fe15229a491242155127','072468293670d5aa8a0f9e2a1cd7d9166c890904e15df228d83139337d7e4214');
INSERT INTO "journal_entry" VALUES(13,'{"action":"open","at":"2026-05-16T02:12:40.988831+00:00","by":"Claire Martin","details":null,"entry":13,"habilitation":2,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-05-16"}','072468293670d5aa8a0f9e2a1cd7d9166c890904e15df228d83139337d7e4214','b5c030ceac2c736e0f6d7cc688aa8b35718dc22636820017edac96f9907b42ab');
INSERT INTO "journal_entry" VALUES(14,'{"action":"invite","at":"2026-05-16T02:12:41.590639+00:00","by":"Claire Martin","details":null,"entry":14,"habilitation":2,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"P2","today_moved":"2026-05-16"}','b5c030ceac2c736e0f6d7cc688aa8b35718dc22636820017edac96f9907b42ab','6e222458a3bdfd09afb2ac1fda6cedc6f5268b80fcfa57c289de2fbf1a0b1f68');
INSERT INTO "journal_entry" VALUES(15,'{"action":"invite","at":"2026-05-16T02:12:41.590777+00:00","by":"Claire Martin","details":null,"entry":15,"habilitation":3,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"P2","today_moved":"2026-05-16"}','6e222458a3bdfd09afb2ac1fda6cedc6f5268b80fcfa57c289de2fbf1a0b1f68','757b1af9bd212ead4ae15a7424817f8fb4f334cdea01fa633c4ac31620a2339d');
INSERT INTO "journal_entry" VALUES(16,'{"action":"invite","at":"2026-05-16T02:12:41.590812+00:00","by":"Claire Martin","details":null,"entry":16,"habilitation":1,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"P2","today_moved":"2026-05-16"}','757b1af9bd212ead4ae15a7424817f8fb4f334cdea01fa633c4ac31620a2339d','bfacfbabdb959b9a570e2fb8ff4c825ef6a3a97e87db979aed45244830fcdff0');
INSERT INTO "journal_entry" VALUES(17,'{"action":"annexe.approved","at":"2026-06-16T02:12:43.491827+00:00","by":"Claire Martin","details":"4f02c963312dbee261c1411e9af4dc22df60493f557fb3492acdc5c16baa7cb3","entry":17,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-06-16"}','bfacfbabdb959b9a570e2fb8ff4c825ef6a3a97e87db979aed45244830fcdff0','cecee3882a4fccee1834d1424cb212cfec20d6b0c4e4bb836fed975125c2f891');
INSERT INTO "journal_entry" VALUES(18,'{"action":"habilitation.ended","at":"2026-06-16T02:12:43.510930+00:00","by":"Claire Martin","details":"1e0137a4e1d6325b4fe53617b7ec5e99d46abc2f43823ee2434ba32a8812c40d","entry":18,"habilitation":1,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A3","today_moved":"2026-06-16"}','cecee3882a4fccee1834d1424cb212cfec20d6b0c4e4bb836fed975125c2f891','cad326a7ebaba232722fd1dbfdeecaa0e110dd044fa54d3272257700ea2fdfbc');
INSERT INTO "journal_entry" VALUES(19,'{"action":"annexe.applied","at":"2026-06-16T02:12:43.530558+00:00","by":"Claire Martin","details":"e9d263f525b1c2fdccc794c9082a6d066d43a16322e53f2fb7667a593c72261d","entry":19,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-06-16"}','cad326a7ebaba232722fd1dbfdeecaa0e110dd044fa54d3272257700ea2fdfbc','597da16f131a89a8f254de9a7a956330235cea88e627849179fa46dc70f7701d');
INSERT INTO "journal_entry" VALUES(20,'{"action":"run.begun","at":"2026-06-16T02:12:43.578351+00:00","by":"Claire Martin","details":"5f7ca922c8f48e85e392008e23028c1d4be39c2e97fbbb4bb1ebabcc7bb3e6ce","entry":20,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-06-16"}','597da16f131a89a8f254de9a7a956330235cea88e627849179fa46dc70f7701d','d4e7bd200cf5268d5ec28a1480a17e94defe470d8fdfde7ac31d3decf523dde4');
INSERT INTO "journal_entry" VALUES(21,'{"action":"close","at":"2026-06-16T02:12:44.113827+00:00","by":"Claire Martin","details":null,"entry":21,"habilitation":1,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A3","today_moved":"2026-06-16"}','d4e7bd200cf5268d5ec28a1480a17e94defe470d8fdfde7ac31d3decf523dde4','ba5e8b17e1f81372e86642b9004336341e941d74029cfe469fcb03f835f2cd8b');
INSERT INTO "journal_entry" VALUES(22,'{"action":"annexe.approved","at":"2026-07-16T02:12:46.025999+00:00","by":"Claire Martin","details":"f42d59d2bbc231ff4c4e4f7efc78a8e8c500deaa4573ecd01e705adf504915a5","entry":22,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-07-16"}','ba5e8b17e1f81372e86642b9004336341e941d74029cfe469fcb03f835f2cd8b','cd8656eb7f702609d65962107f6a39daf3d7579a45bc09174933feda52fc8075');
INSERT INTO "journal_entry" VALUES(23,'{"action":"habilitation.asked","at":"2026-07-16T02:12:46.028920+00:00","by":"Claire Martin","details":"50d3a41538f9cad444a1f0b69d2fe161f60ab7c242754b0987ce425f949c39db","entry":23,"habilitation":4,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','cd8656eb7f702609d65962107f6a39daf3d7579a45bc09174933feda52fc8075','49541b9b81cef03f9dab2ca804e278e043f4d476d2c0a7c22b96b538eae2bcef');
INSERT INTO "journal_entry" VALUES(24,'{"action":"habilitation.asked","at":"2026-07-16T02:12:46.029081+00:00","by":"Claire Martin","details":"b1ef44ff35e2ae86a061f881c876787ad951b3df62a92063d6705f640073bbfc","entry":24,"habilitation":5,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','49541b9b81cef03f9dab2ca804e278e043f4d476d2c0a7c22b96b538eae2bcef','45c3edd96305f318680bb696ebe59a66d3ebad48a57fcbdf325911e1b258d668');
INSERT INTO "journal_entry" VALUES(25,'{"action":"habilitation.asked","at":"2026-07-16T02:12:46.029158+00:00","by":"Claire Martin","details":"e25eebdd65e1a8a152833ac602bfd0ba9c0a10678e41da436d1271a31bab5ccd","entry":25,"habilitation":6,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','45c3edd96305f318680bb696ebe59a66d3ebad48a57fcbdf325911e1b258d668','c42749032c2918f056721fe12b8a3071c1e88e8af80c15ac0ade28a6228f3d8a');
INSERT INTO "journal_entry" VALUES(26,'{"action":"habilitation.asked","at":"2026-07-16T02:12:46.029224+00:00","by":"Claire Martin","details":"b8cdffe846387f7ce7453d3cb8a279090647af1ab0e902fc83eae1c60a266717","entry":26,"habilitation":7,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','c42749032c2918f056721fe12b8a3071c1e88e8af80c15ac0ade28a6228f3d8a','973214f57c5d7ff841ce7b47767cdaf43d91c8adfaafb7d5c02f3f6113e8757f');
INSERT INTO "journal_entry" VALUES(27,'{"action":"habilitation.asked","at":"2026-07-16T02:12:46.049471+00:00","by":"Claire Martin","details":"2b81f5ea9c53f677ce2788c2e6d1b379b4745b23d80fdba6e187558478254e36","entry":27,"habilitation":8,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','973214f57c5d7ff841ce7b47767cdaf43d91c8adfaafb7d5c02f3f6113e8757f','2a5c33db50d866c1d94cc7ac7df181ce505a4c48c5f7eaca9d4947f4813c8762');
INSERT INTO "journal_entry" VALUES(28,'{"action":"annexe.applied","at":"2026-07-16T02:12:46.058559+00:00","by":"Claire Martin","details":"7dd24002f83de12a935749c059af976b78bb9f7681bc58a6508e854625a41aa2","entry":28,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-07-16"}','2a5c33db50d866c1d94cc7ac7df181ce505a4c48c5f7eaca9d4947f4813c8762','06095ba5495a34f9604fbbf30d4ee3cda4db088c68fb52b753583270a2e2cfdb');
INSERT INTO "journal_entry" VALUES(29,'{"action":"run.begun","at":"2026-07-16T02:12:46.114966+00:00","by":"Claire Martin","details":"c472becdc15b1508c6be4902a962edbcf3bcda83ce2305d02cb6da1d5120af7a","entry":29,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-07-16"}','06095ba5495a34f9604fbbf30d4ee3cda4db088c68fb52b753583270a2e2cfdb','dbeba70f7c53bdfb5a6290ee44e7e04e9893dda7c67bf1ed0186a6dac62c12b5');
INSERT INTO "journal_entry" VALUES(30,'{"action":"group","at":"2026-07-16T02:12:46.645616+00:00","by":"Claire Martin","details":"04d41cbba02f75e4a63a56e286bcf4a059d78f1d9c7a2ce123e112c3634b824a","entry":30,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','dbeba70f7c53bdfb5a6290ee44e7e04e9893dda7c67bf1ed0186a6dac62c12b5','3dd52568b374b2de5897856c2f34859fc2a3081278559cb6a8e835b883f98589');
INSERT INTO "journal_entry" VALUES(31,'{"action":"open","at":"2026-07-16T02:12:47.751887+00:00","by":"Claire Martin","details":null,"entry":31,"habilitation":5,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','3dd52568b374b2de5897856c2f34859fc2a3081278559cb6a8e835b883f98589','272c37856c46b847eb3e1b415b632344b0321caa33bd3767173aae7795c072a8');
INSERT INTO "journal_entry" VALUES(32,'{"action":"open","at":"2026-07-16T02:12:47.752110+00:00","by":"Claire Martin","details":null,"entry":32,"habilitation":4,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','272c37856c46b847eb3e1b415b632344b0321caa33bd3767173aae7795c072a8','a22309ef41233451f8b686465ab7cf1175bd84f4d19b8d8f7281de80165cb916');
INSERT INTO "journal_entry" VALUES(33,'{"action":"open","at":"2026-07-16T02:12:47.752240+00:00","by":"Claire Martin","details":null,"entry":33,"habilitation":8,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','a22309ef41233451f8b686465ab7cf1175bd84f4d19b8d8f7281de80165cb916','2c082cc4e5635d61a2c2d61dc59a99aba11ac0084766afb249f237122d4feb00');
INSERT INTO "journal_entry" VALUES(34,'{"action":"open","at":"2026-07-16T02:12:47.752320+00:00","by":"Claire Martin","details":null,"entry":34,"habilitation":6,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','2c082cc4e5635d61a2c2d61dc59a99aba11ac0084766afb249f237122d4feb00','f17fff4d0f571aea64c94a56734664ab2aecc13a08d5e77696bd545dcf8307e2');
INSERT INTO "journal_entry" VALUES(35,'{"action":"open","at":"2026-07-16T02:12:47.752415+00:00","by":"Claire Martin","details":null,"entry":35,"habilitation":7,"host":"poste","os_user":"claire","partner":"sivom","rule":"A1","today_moved":"2026-07-16"}','f17fff4d0f571aea64c94a56734664ab2aecc13a08d5e77696bd545dcf8307e2','d657a3dc931b03fc26ad428dd87a5fa554f0d80e72a7d66767347a7a47df9c03');
INSERT INTO "journal_entry" VALUES(36,'{"action":"invite","at":"2026-07-16T02:12:48.385381+00:00","by":"Claire Martin","details":null,"entry":36,"habilitation":5,"host":"poste","os_user":"claire","partner":"sivom","rule":"P2","today_moved":"2026-07-16"}','d657a3dc931b03fc26ad428dd87a5fa554f0d80e72a7d66767347a7a47df9c03','fb699c3e4642d4835a83ebc0768d26cdf897c8650e8ba1688b4116afcb34ae45');
INSERT INTO "journal_entry" VALUES(37,'{"action":"invite","at":"2026-07-16T02:12:48.385583+00:00","by":"Claire Martin","details":null,"entry":37,"habilitation":7,"host":"poste","os_user":"claire","partner":"sivom","rule":"P2","today_moved":"2026-07-16"}','fb699c3e4642d4835a83ebc0768d26cdf897c8650e8ba1688b4116afcb34ae45','9ddc72c556a335d230eb3edde3985f6e9c4ee9101ac062c8e8b65c98737c731d');
INSERT INTO "journal_entry" VALUES(38,'{"action":"invite","at":"2026-07-16T02:12:48.385642+00:00","by":"Claire Martin","details":null,"entry":38,"habilitation":6,"host":"poste","os_user":"claire","partner":"sivom","rule":"P2","today_moved":"2026-07-16"}','9ddc72c556a335d230eb3edde3985f6e9c4ee9101ac062c8e8b65c98737c731d','990eb2ec21a317443dab29f0995e272075efcf4e9ea7cf4714deac345e0cd1b3');
INSERT INTO "journal_entry" VALUES(39,'{"action":"invite","at":"2026-07-16T02:12:48.385687+00:00","by":"Claire Martin","details":null,"entry":39,"habilitation":8,"host":"poste","os_user":"claire","partner":"sivom","rule":"P2","today_moved":"2026-07-16"}','990eb2ec21a317443dab29f0995e272075efcf4e9ea7cf4714deac345e0cd1b3','5c7158b73512b479d3b47ec219e6553cc4ad22b7072ddf231016fa7b1637289d');
INSERT INTO "journal_entry" VALUES(40,'{"action":"annexe.approved","at":"2026-07-16T02:12:49.815032+00:00","by":"Claire Martin","details":"2679dfc55afa9d0063afe254651326942c04fcba6aa63a629ede4c938b74ec9f","entry":40,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-07-16"}','5c7158b73512b479d3b47ec219e6553cc4ad22b7072ddf231016fa7b1637289d','88c3da458eb3428d0d99f6d561b9787a58dfef2099767f228e9f60ac98553b02');
INSERT INTO "journal_entry" VALUES(41,'{"action":"habilitation.asked","at":"2026-07-16T02:12:49.822667+00:00","by":"Claire Martin","details":"f6377ee3d4415d13774865f9261a8bf6c6e8c8113371cca0b817af439c289cea","entry":41,"habilitation":9,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-07-16"}','88c3da458eb3428d0d99f6d561b9787a58dfef2099767f228e9f60ac98553b02','b39a8af02e942f4fbe819347c530f149a86ba34d789223d855870fdf955ebe1b');
INSERT INTO "journal_entry" VALUES(42,'{"action":"habilitation.asked","at":"2026-07-16T02:12:49.822858+00:00","by":"Claire Martin","details":"8a99989086a8ccec85fc1e1cd8eeb949c583438a9506f4e6de9818c0c6e0385e","entry":42,"habilitation":10,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-07-16"}','b39a8af02e942f4fbe819347c530f149a86ba34d789223d855870fdf955ebe1b','757e4f61b7ed6f1828ccb54be63ba2a54dc80bcb52c16097ffb00a4522877035');
INSERT INTO "journal_entry" VALUES(43,'{"action":"habilitation.updated","at":"2026-07-16T02:12:49.831393+00:00","by":"Claire Martin","details":"13d8b1e2e6a4ff40ea6689aca9fce39bde22065de1cb9c842a4b5da6b26cc6c0","entry":43,"habilitation":3,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-07-16"}','757e4f61b7ed6f1828ccb54be63ba2a54dc80bcb52c16097ffb00a4522877035','8426bf60ed07fc555d8019bc38b719e931549e6a1aab5e18537210e923e3179c');
INSERT INTO "journal_entry" VALUES(44,'{"action":"annexe.applied","at":"2026-07-16T02:12:49.832971+00:00","by":"Claire Martin","details":"67dd9a4a3014d1e9b712926451059f8420e7d112ca7fc1e1903b5654cc6787da","entry":44,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-07-16"}','8426bf60ed07fc555d8019bc38b719e931549e6a1aab5e18537210e923e3179c','6c559057a53cc5146900e5c7a1f9aab8ae06f1f9769681b444380de299ab5571');
INSERT INTO "journal_entry" VALUES(45,'{"action":"run.begun","at":"2026-07-16T02:12:49.901136+00:00","by":"Claire Martin","details":"d6e067df7e903a5d9334daa2237437106b5ab9616256c127b7f06cfe957804b2","entry":45,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-07-16"}','6c559057a53cc5146900e5c7a1f9aab8ae06f1f9769681b444380de299ab5571','d318222fca813726145bb52ec036e06332049ee925317f816c1f4e31bd563985');
INSERT INTO "journal_entry" VALUES(46,'{"action":"reopen","at":"2026-07-16T02:12:50.103534+00:00","by":"Claire Martin","details":null,"entry":46,"habilitation":9,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A4","today_moved":"2026-07-16"}','d318222fca813726145bb52ec036e06332049ee925317f816c1f4e31bd563985','4dfa4cf6f03e40062bdb24f3f0e7bda5bcff978b61b7a98fa258c2eecd371e4d');
INSERT INTO "journal_entry" VALUES(47,'{"action":"invite","at":"2026-07-16T02:12:50.405175+00:00","by":"Claire Martin","details":null,"entry":47,"habilitation":9,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"P2","today_moved":"2026-07-16"}','4dfa4cf6f03e40062bdb24f3f0e7bda5bcff978b61b7a98fa258c2eecd371e4d','e558eefc9294157746d65d91989311bae694fd649f5bcb35f20809cd0fcbd96c');
INSERT INTO "journal_entry" VALUES(48,'{"action":"annexe.approved","at":"2026-08-16T02:12:51.680043+00:00","by":"Claire Martin","details":"eb4f2a64430a2778deb0ab87c3b38ecfed0278f308406e478de1784bbaa860e9","entry":48,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-08-16"}','e558eefc9294157746d65d91989311bae694fd649f5bcb35f20809cd0fcbd96c','9e007ee80ce432c48ee948829d0a1f8c405c917ee67940b818651921f7f526e4');
INSERT INTO "journal_entry" VALUES(49,'{"action":"hold","at":"2026-08-16T02:12:51.699118+00:00","by":"Claire Martin","details":"175692385546e2a808d7a744ad27b68d37c7bf3a44ee459ce8a2577b3b91ac6c","entry":49,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":null,"today_moved":"2026-08-16"}','9e007ee80ce432c48ee948829d0a1f8c405c917ee67940b818651921f7f526e4','556978260c24dd307e5650a54ee3ece13d6ec4f92543df7616ed1f563cc1375f');
INSERT INTO "journal_entry" VALUES(50,'{"action":"annexe.approved","at":"2026-08-16T02:12:52.799033+00:00","by":"Claire Martin","details":"e8944f2815596da3d12ecd25f9a13d6012a4fd8d156733b78caeb9c10a00745d","entry":50,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-08-16"}','556978260c24dd307e5650a54ee3ece13d6ec4f92543df7616ed1f563cc1375f','c6a9a0075ccecfee120e77ebfe73b7b81b731cc5936d8c448c1aa1c21a66dd36');
INSERT INTO "journal_entry" VALUES(51,'{"action":"habilitation.ended","at":"2026-08-16T02:12:52.803804+00:00","by":"Claire Martin","details":"e6666c2fd89e34ded9d0b2eaae7e10cb44a5638a0fe28ade54e01c21865a3d1b","entry":51,"habilitation":5,"host":"poste","os_user":"claire","partner":"sivom","rule":"A3","today_moved":"2026-08-16"}','c6a9a0075ccecfee120e77ebfe73b7b81b731cc5936d8c448c1aa1c21a66dd36','3a0ad31d93e8597f0270689878c60387b69fc76d8f65862ac3ab4afc23f6c40c');
INSERT INTO "journal_entry" VALUES(52,'{"action":"annexe.applied","at":"2026-08-16T02:12:52.818526+00:00","by":"Claire Martin","details":"8a5101ec318b22d63de2ba98009677239d35d76b35ad1db7da0316fcb78fffc8","entry":52,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-08-16"}','3a0ad31d93e8597f0270689878c60387b69fc76d8f65862ac3ab4afc23f6c40c','256d38543dc9fa9ac6b7b40df1bda1c07bd7ed126ec08a3ef14b7aae12729250');
INSERT INTO "journal_entry" VALUES(53,'{"action":"release","at":"2026-08-16T02:12:52.820648+00:00","by":"Claire Martin","details":"8a427d20a8b6040385c66fb724f0061a27bfcd4d2643977745e7cbfc65a2b83f","entry":53,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":null,"today_moved":"2026-08-16"}','256d38543dc9fa9ac6b7b40df1bda1c07bd7ed126ec08a3ef14b7aae12729250','705382e861c2b6bf4c149f5c715a5f2baf19d049d5f986ad14e81d82f6fb7b96');
INSERT INTO "journal_entry" VALUES(54,'{"action":"run.begun","at":"2026-08-16T02:12:52.914386+00:00","by":"Claire Martin","details":"705694b97aa6c2d444451d57cd8aac276a019ccb5d2956f4d469b111a227bafb","entry":54,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-08-16"}','705382e861c2b6bf4c149f5c715a5f2baf19d049d5f986ad14e81d82f6fb7b96','2fe7cd7f433a6bb42ed29d2b60458c4f3c67454af0b55a7227a8b69dbde79f07');
INSERT INTO "journal_entry" VALUES(55,'{"action":"close","at":"2026-08-16T02:12:53.271757+00:00","by":"Claire Martin","details":null,"entry":55,"habilitation":5,"host":"poste","os_user":"claire","partner":"sivom","rule":"A3","today_moved":"2026-08-16"}','2fe7cd7f433a6bb42ed29d2b60458c4f3c67454af0b55a7227a8b69dbde79f07','3b601b97af8efee7c41c6371ffacec5fbd65448c802dcdfbbc776a5c8a11eea4');
INSERT INTO "journal_entry" VALUES(56,'{"action":"annexe.approved","at":"2026-08-30T02:12:54.757116+00:00","by":"Claire Martin","details":"282d0e0967c5fe934211443b8b9b3122b3905c9d16867d5430d52940d35533af","entry":56,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":"A10","today_moved":"2026-08-30"}','3b601b97af8efee7c41c6371ffacec5fbd65448c802dcdfbbc776a5c8a11eea4','207d02b5c6f9096f3a618e483eba5d248b2a94d02c40457948b1ad5af9c1af62');
INSERT INTO "journal_entry" VALUES(57,'{"action":"hold","at":"2026-08-30T02:12:54.771523+00:00","by":"Claire Martin","details":"194a937ff202913219bd37bc5e94b41b1e08cd7656764501839d2e8ae6095f99","entry":57,"habilitation":null,"host":"poste","os_user":"claire","partner":"sivom","rule":null,"today_moved":"2026-08-30"}','207d02b5c6f9096f3a618e483eba5d248b2a94d02c40457948b1ad5af9c1af62','7e0dfa193fd34649e51a753ffb9e2cf26bc949e2f2b115df82ce10c0e129fb15');
INSERT INTO "journal_entry" VALUES(58,'{"action":"annexe.approved","at":"2026-08-30T02:12:56.178762+00:00","by":"Claire Martin","details":"ccc265e82b1089318ac50b30d5c5d9cab9f3418489192dae99eec7a255cdc2be","entry":58,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-08-30"}','7e0dfa193fd34649e51a753ffb9e2cf26bc949e2f2b115df82ce10c0e129fb15','d1fa73dfb3150e0d64ac31d1aba3552837079207ecab08d44fa97dc35608b0ea');
INSERT INTO "journal_entry" VALUES(59,'{"action":"habilitation.asked","at":"2026-08-30T02:12:56.186859+00:00","by":"Claire Martin","details":"5116c73fde35137064e97d656139455331007d4f8dddb77b6ce4f2e74ef34d24","entry":59,"habilitation":11,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-08-30"}','d1fa73dfb3150e0d64ac31d1aba3552837079207ecab08d44fa97dc35608b0ea','be48173f266354ca289e6881a74be60e842835c11038e89b6c59ef9a1a9b098a');
INSERT INTO "journal_entry" VALUES(60,'{"action":"annexe.applied","at":"2026-08-30T02:12:56.220059+00:00","by":"Claire Martin","details":"cab742cb3361e1523ce485ffe8221566e38411de078e69ee57be2fa8caa5212a","entry":60,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A10","today_moved":"2026-08-30"}','be48173f266354ca289e6881a74be60e842835c11038e89b6c59ef9a1a9b098a','e2d8d34dd9083c7d871a7f6193df1ad02321198ab9cd039c459e50b09b28481c');
INSERT INTO "journal_entry" VALUES(61,'{"action":"run.begun","at":"2026-08-30T02:12:56.279470+00:00","by":"Claire Martin","details":"ab915b3f759e7a6a7af1485642877d46898aae187b9e16a03b46d2e375affa9a","entry":61,"habilitation":null,"host":"poste","os_user":"claire","partner":null,"rule":null,"today_moved":"2026-08-30"}','e2d8d34dd9083c7d871a7f6193df1ad02321198ab9cd039c459e50b09b28481c','5e38e3e84c0be9477b6bd6aa53ca63a78eaa19f7685efd8d71e70178b0027fae');
INSERT INTO "journal_entry" VALUES(62,'{"action":"open","at":"2026-08-30T02:12:56.439636+00:00","by":"Claire Martin","details":null,"entry":62,"habilitation":11,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"A1","today_moved":"2026-08-30"}','5e38e3e84c0be9477b6bd6aa53ca63a78eaa19f7685efd8d71e70178b0027fae','8504f3670c8e52f0ff4cc2c26ae3290083091e80b8bcde534d7cee571e6cd57e');
INSERT INTO "journal_entry" VALUES(63,'{"action":"invite.failed","at":"2026-08-30T02:12:56.982084+00:00","by":"Claire Martin","details":null,"entry":63,"habilitation":11,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":"P2","today_moved":"2026-08-30"}','8504f3670c8e52f0ff4cc2c26ae3290083091e80b8bcde534d7cee571e6cd57e','1e9b125556a5c08104f04d8a22aa0c75fa45f39989b1be20faf05548312b67de');
CREATE TABLE mark (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_mark PRIMARY KEY (name)
);
INSERT INTO "mark" VALUES('realm_id','bd89b1e4-6cf2-47f4-a010-a9aca37eb84a');
CREATE TABLE partner (
	code VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	signed_on DATE, 
	ctg_end DATE NOT NULL, 
	ends_on DATE, 
	end_reason TEXT, 
	group_id VARCHAR(64), 
	CONSTRAINT pk_partner PRIMARY KEY (code)
);
INSERT INTO "partner" VALUES('agglo-lys','Agglo Lys','2026-05-02','2030-12-31',NULL,NULL,'d67ac3d5-c276-4339-9f37-da9a16664314');
INSERT INTO "partner" VALUES('sivom','SIVOM','2026-05-02','2030-12-31',NULL,NULL,'b17a39af-deca-401f-b57d-090572026581');
CREATE TABLE partner_domain (
	partner VARCHAR(64) NOT NULL, 
	domain VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_partner_domain PRIMARY KEY (partner, domain), 
	CONSTRAINT fk_partner_domain_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "partner_domain" VALUES('agglo-lys','agglo-lys.example');
INSERT INTO "partner_domain" VALUES('agglo-lys','xn--vian-9oa.example');
INSERT INTO "partner_domain" VALUES('sivom','sivom.example');
INSERT INTO "partner_domain" VALUES('sivom','xn--vian-9oa.example');
CREATE UNIQUE INDEX uq_habilitation_open ON habilitation (partner, account) WHERE closed_at IS NULL AND opened_at IS NOT NULL;
CREATE UNIQUE INDEX uq_habilitation_planned ON habilitation (partner, account) WHERE closed_at IS NULL AND opened_at IS NULL;
CREATE INDEX ix_journal_detail_habilitation ON journal_detail (habilitation);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('annexe',7);
INSERT INTO "sqlite_sequence" VALUES('account',9);
INSERT INTO "sqlite_sequence" VALUES('habilitation',11);
COMMIT;
